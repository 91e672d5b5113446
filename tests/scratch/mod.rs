//! A package that stands outside the workspace and depends on `polder` by its path, as a user's would.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Where a package of its own is kept between runs, with its own target folder.
pub(crate) struct Scratch {
    pub(crate) dir: PathBuf,
}

impl Scratch {
    /// Writes the manifest of package `name`: `polder` says how it depends on the library (besides the path), `rest` is
    /// everything else.
    pub(crate) fn new(name: &str, polder: &str, rest: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\nautoexamples = false\n\n\
             [workspace]\n\n[dependencies]\npolder = {{ path = {root:?}{polder} }}\n\n{rest}",
        );
        write_if_changed(&dir.join("Cargo.toml"), &manifest);
        // With the versions that the workspace was built with, nothing has to be fetched.
        if let Ok(lock) = fs::read(root.join("Cargo.lock")) {
            fs::write(dir.join("Cargo.lock"), lock).unwrap();
        }
        Scratch { dir }
    }

    /// Runs cargo on the package, offline, with no flags but its own.
    pub(crate) fn cargo(&self, args: &[&str]) -> Output {
        let (subcommand, args) = args.split_first().expect("a subcommand");
        Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([subcommand, "--offline", "--manifest-path"])
            .arg(self.dir.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(self.dir.join("target"))
            .args(args)
            // Settings for the library's own build: warnings as errors, a sanitizer, another processor, clippy.
            .env("CARGO_ENCODED_RUSTFLAGS", "")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            // Settings of the network and of the sources are looked up from here.
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs, as it did for this test")
    }
}

/// Leaves the file's time alone when nothing changes, so that cargo does not build anew.
fn write_if_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}
