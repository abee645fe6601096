use redis::{Cmd, Pipeline, cmd, pipe};

/// A Lua script and its name on the server.
pub(crate) struct Script {
    source: &'static str,
    /// SHA-1 of the source in hexadecimal digits.
    hash: String,
}

impl Script {
    pub(crate) fn new(source: &'static str) -> Self {
        Self {
            source,
            hash: redis::Script::new(source).get_hash().to_owned(),
        }
    }

    /// Loaded and not run by `EVAL`: a server may forget scripts that came that way.
    pub(super) fn load(&self) -> Cmd {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(self.source);
        load
    }
}

/// The source of a script: its first line, and files of `native/lua` one after the other.
macro_rules! script_of {
    ($first:literal, $($file:literal),+ $(,)?) => {
        concat!(
            $first,
            "\n",
            $(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lua/", $file))),+
        )
    };
}
pub(crate) use script_of;

/// One run of a script.
///
/// In a cluster all keys must lie in one slot: that of the first.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) script: &'a Script,
    pub(crate) keys: &'a [&'a str],
    pub(crate) arguments: &'a [&'a str],
}

impl<'a> Call<'a> {
    /// The key that errors name, and that says which node of a cluster runs the script.
    pub(super) fn key(&self) -> &'a str {
        self.keys.first().copied().unwrap_or_default()
    }

    pub(super) fn command(&self) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.script.hash).arg(self.keys.len());
        call.arg(self.keys).arg(self.arguments);
        call
    }

    /// For a server that is to run it although it gives the key away, or does not know the
    /// script, or both; with the number of the answers that come before the script's.
    pub(super) fn prepared(&self, load: bool, asking: bool) -> (Pipeline, usize) {
        let mut all = pipe();
        if load {
            all.add_command(self.script.load());
        }
        if asking {
            // Holds for the one command after it.
            all.cmd("ASKING");
        }
        all.add_command(self.command());
        (all, usize::from(load) + usize::from(asking))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_what_redis_expects() {
        let script = Script::new("return 1");
        let call = Call {
            script: &script,
            keys: &["k1", "k2"],
            arguments: &["a"],
        };
        let packed = String::from_utf8(call.command().get_packed_command()).unwrap();
        let words: Vec<&str> = packed.split("\r\n").skip(2).step_by(2).collect();
        assert_eq!(
            words,
            [
                "EVALSHA",
                "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
                "2",
                "k1",
                "k2",
                "a"
            ]
        );
        for (load, asking, before) in [(true, true, 2), (true, false, 1), (false, true, 1)] {
            let (all, first) = call.prepared(load, asking);
            assert_eq!((all.len(), first), (before + 1, before));
        }
    }
}
