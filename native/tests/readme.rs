//! Every code block of the README and of docs/ does what it says. Blocks of Rust are compiled and
//! run as documentation tests of the crate.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it goes wrong"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DOCUMENTS: [&str; 6] = [
    "README.md",
    "docs/ARCHITECTURE.md",
    "docs/DESIGN.md",
    "docs/NODE.md",
    "docs/REASONS.md",
    "docs/REPLAY.md",
];

#[test]
fn every_block_does_what_it_says() {
    let mut tried = 0;
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for (language, block) in blocks(&text) {
            match language {
                // What npm installs, the tests of the npm package install.
                "sh" => block
                    .lines()
                    .filter(|line| !line.starts_with("npm "))
                    .for_each(|line| shell(document, line)),
                "toml" => dependencies(document, &block),
                "json" => calls(document, &block),
                // These run as documentation tests, in the tests of the npm package, or are drawings.
                "rust" | "ts" | "text" => continue,
                other => panic!("{document}: nothing tries a block of `{other}`"),
            }
            tried += 1;
        }
    }
    assert!(tried >= 5, "only {tried} blocks were found");
}

#[test]
fn every_link_leads_somewhere() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            let file = root().join(document).parent().unwrap().join(path);
            assert!(
                link.starts_with("https://") || file.exists(),
                "{document}: {link}"
            );
        }
    }
}

/// A command as somebody would type it in the checkout. Those of make are read and not run: they
/// would run these tests again.
fn shell(document: &str, line: &str) {
    let command = line.split(" #").next().unwrap_or_default().trim();
    let folder = tempdir();
    symlink(root().join("examples"), folder.0.join("examples")).unwrap();
    let output = match command.strip_prefix("make ") {
        Some(target) => run(Command::new("make")
            .arg("-n")
            .arg(target)
            .current_dir(root())),
        None => {
            let binary = Path::new(env!("CARGO_BIN_EXE_assignment-engine"));
            let path = std::env::var("PATH").unwrap_or_default();
            let path = format!("{}:{path}", binary.parent().unwrap().display());
            run(Command::new("sh")
                .arg("-c")
                .arg(command)
                .env("PATH", path)
                .current_dir(&folder.0))
        }
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{document}: `{command}`: {complaint}"
    );
    let wrote = !output.stdout.is_empty() || command.contains('>') || command.contains(" check ");
    assert!(wrote, "{document}: `{command}` printed nothing");
}

/// Dependencies that cargo can resolve, in a crate beside a checkout.
fn dependencies(document: &str, block: &str) {
    let folder = tempdir();
    symlink(root(), folder.0.join("assignment-engine")).unwrap();
    let manifest = format!("[package]\nname = \"newcomer\"\nedition = \"2024\"\n\n{block}");
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), folder.0.join("Cargo.lock")).unwrap();
    fs::create_dir(folder.0.join("src")).unwrap();
    fs::write(folder.0.join("src/main.rs"), "fn main() {}").unwrap();
    let output = run(Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--depth", "1"])
        .current_dir(&folder.0));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{document}: {complaint}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("assignment-engine v"),
        "{document}"
    );
}

/// Lines of calls that `replay` reads. A shift by itself is not enough to replay.
fn calls(document: &str, block: &str) {
    let folder = tempdir();
    let call = r#"{"id":"c0","team":"support","arrived":"2026-11-23T07:00:00Z","patience_s":1}"#;
    fs::write(folder.0.join("calls.jsonl"), format!("{block}{call}\n")).unwrap();
    let output = run(Command::new(env!("CARGO_BIN_EXE_assignment-engine"))
        .args(["replay", "calls.jsonl"])
        .current_dir(&folder.0));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{document}: {complaint}");
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The fenced blocks of a document with their languages.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language, String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((language, block))) => open = Some((language, block + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

fn tempdir() -> Folder {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "readme-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
