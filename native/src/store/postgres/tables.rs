use std::fmt::Write;

/// What the tables and columns are called. By default as the contract's tables are: `sessions`,
/// `users`, `teams`, `team_members`, `assignment_configs` and our own `assignment_claims`, with
/// columns in snake case and ids of the type `uuid`, found on the connection's search path.
///
/// Names are quoted, so any will do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostgresTables {
    schema: Option<String>,
    prefix: String,
    camel_case: bool,
    text_ids: bool,
}

impl PostgresTables {
    /// The tables of this schema, instead of those on the search path.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Tables whose names begin so: `support_` means `support_sessions`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Columns in camel case, as TypeORM names them unless told otherwise: `assignedAgentId`.
    #[must_use]
    pub fn with_camel_case_columns(mut self) -> Self {
        self.camel_case = true;
        self
    }

    /// Ids that are texts (`text`, `varchar`) instead of `uuid`.
    #[must_use]
    pub fn with_text_ids(mut self) -> Self {
        self.text_ids = true;
        self
    }

    /// The statement that `template` stands for: `{name}` is one of our tables, `[name]` a column
    /// in snake case, `@id` the type of ids.
    pub(super) fn render(&self, template: &str) -> String {
        let mut sql = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some(at) = rest.find(['{', '[', '@']) {
            let (before, marked) = rest.split_at(at);
            sql.push_str(before);
            rest = match marked_name(marked) {
                Some(('{', name, rest)) => {
                    self.push_table(&mut sql, name);
                    rest
                }
                Some(('[', name, rest)) => {
                    push_quoted(&mut sql, &self.column(name));
                    rest
                }
                Some((_, _, rest)) => {
                    sql.push_str(if self.text_ids { "text" } else { "uuid" });
                    rest
                }
                None => {
                    let (mark, rest) = marked.split_at(1);
                    sql.push_str(mark);
                    rest
                }
            };
        }
        sql.push_str(rest);
        sql
    }

    /// An id as the tables hold it; `None` for a text that cannot be one there.
    pub(super) fn key(&self, id: &str) -> Option<String> {
        if self.text_ids {
            return (!id.contains('\0')).then(|| id.to_owned());
        }
        let groups = id.split('-').map(str::len);
        let shaped = groups.eq([8, 4, 4, 4, 12]);
        let digits = id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        (shaped && digits).then(|| id.to_ascii_lowercase())
    }

    /// The name of an index, which lies in the schema of its table.
    pub(super) fn quoted_index(&self, name: &str) -> String {
        let mut quoted = String::new();
        push_quoted(&mut quoted, &format!("{}{name}", self.prefix));
        quoted
    }

    fn push_table(&self, sql: &mut String, name: &str) {
        if let Some(schema) = &self.schema {
            push_quoted(sql, schema);
            sql.push('.');
        }
        push_quoted(sql, &format!("{}{name}", self.prefix));
    }

    fn column(&self, name: &str) -> String {
        if !self.camel_case {
            return name.to_owned();
        }
        let mut words = name.split('_');
        let mut camel = words.next().unwrap_or_default().to_owned();
        for word in words {
            let (first, rest) = word.split_at(word.len().min(1));
            let _ = write!(camel, "{}{rest}", first.to_ascii_uppercase());
        }
        camel
    }
}

/// The mark that `text` begins with, the name it marks, and what follows.
fn marked_name(text: &str) -> Option<(char, &str, &str)> {
    if let Some(rest) = text.strip_prefix("@id") {
        return Some(('@', "id", rest));
    }
    let mark = text.chars().next()?;
    let end = match mark {
        '{' => '}',
        '[' => ']',
        _ => return None,
    };
    let (name, rest) = text.get(1..)?.split_once(end)?;
    let named = !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
    named.then_some((mark, name, rest))
}

fn push_quoted(sql: &mut String, name: &str) {
    sql.push('"');
    sql.push_str(&name.replace('"', "\"\""));
    sql.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "SELECT s.[assigned_agent_id], '{}', '{a,1}' FROM {sessions} s WHERE s.[id] = ANY($1::text[]::@id[])";

    #[test]
    fn the_contracts_names_are_the_default() {
        assert_eq!(
            PostgresTables::default().render(TEMPLATE),
            "SELECT s.\"assigned_agent_id\", '{}', '{a,1}' FROM \"sessions\" s \
             WHERE s.\"id\" = ANY($1::text[]::uuid[])"
        );
    }

    #[test]
    fn other_names_are_quoted() {
        let tables = PostgresTables::default()
            .with_schema("a\"; DROP TABLE x; --")
            .with_prefix("p_")
            .with_camel_case_columns()
            .with_text_ids();
        assert_eq!(
            tables.render(TEMPLATE),
            "SELECT s.\"assignedAgentId\", '{}', '{a,1}' \
             FROM \"a\"\"; DROP TABLE x; --\".\"p_sessions\" s \
             WHERE s.\"id\" = ANY($1::text[]::text[])"
        );
    }

    #[test]
    fn only_what_can_be_an_id_is_asked_for() {
        let uuid = "0194A0F3-1b2c-7d3e-8f40-123456789abc";
        let tables = PostgresTables::default();
        assert_eq!(tables.key(uuid), Some(uuid.to_ascii_lowercase()));
        for text in [
            "",
            "s1",
            &uuid[1..],
            &format!("{uuid}0"),
            "0194a0f3-1b2c-7d3e-8f40-12345678é9ab",
        ] {
            assert_eq!(tables.key(text), None, "{text}");
        }
        let tables = tables.with_text_ids();
        assert_eq!(tables.key("s1"), Some("s1".into()));
        assert_eq!(tables.key("s\0"), None);
    }
}
