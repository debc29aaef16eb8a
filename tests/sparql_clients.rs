//! Clients that people use with SPARQL stores work with this one, unchanged: rdflib, SPARQLWrapper and Comunica.
//!
//! They are installed from PyPI and npm, once; where these can't be reached, the test says so and ends, or fails
//! with HYDRA_REQUIRE_CLIENTS.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod clients;
mod harness;
#[path = "node/needed.rs"]
mod needed;
#[path = "wire/mod.rs"]
mod wire;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use harness::{Server, json, succeeds};
use serde_json::json;
use wire::Door;

const PYTHON_PACKAGES: [&str; 2] = [RDFLIB, SPARQL_WRAPPER];
const RDFLIB: &str = "rdflib==7.1.4";
const SPARQL_WRAPPER: &str = "SPARQLWrapper==2.0.0";
const NODE_PACKAGE: &str = "@comunica/query-sparql@4.4.1";

/// What a client writes can be asked for by a command, and is one commit that can be taken back.
fn check(client: &str, package: &str, run: impl FnOnce(&Door) -> Output) {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let output = run(&Door::of(&data));
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{client}: {said}{wrong}");
    assert_eq!(said.trim(), format!("from {client}"), "{wrong}");
    let asked = || json(&data, &["query", &format!("ASK {{ ?s ?p ?o FILTER(STR(?o) = \"from {client}\") }}")]);
    assert_eq!(asked()["holds"], json!(true));
    // The newest commit first: rdflib makes several.
    for _ in 0..3 {
        let newest = "SELECT ?c { GRAPH ?g { ?c a hy:Commit ; hy:verb \"sparql\" MINUS { ?u hy:undoes ?c } } } ORDER BY DESC(?c) LIMIT 1";
        let found = json(&data, &["query", newest]);
        let Some(commit) = found["rows"][0][0]["value"].as_str() else { break };
        succeeds(&data, &["undo", commit.trim_start_matches("id:")]);
    }
    assert_eq!(asked()["holds"], json!(false));
    clients::note(&package.replace("==", "@"), "an update and a query", 1, 1);
}

#[test]
fn sparqlwrapper_works() {
    let Some(python) = needed::required(python(), clients::REQUIRED) else { return };
    check("SPARQLWrapper", SPARQL_WRAPPER, |door| script(&python, "sparqlwrapper.py", door));
}

#[test]
fn rdflibs_store_works() {
    let Some(python) = needed::required(python(), clients::REQUIRED) else { return };
    check("rdflib", RDFLIB, |door| script(&python, "rdflib_store.py", door));
}

#[test]
fn comunica_works() {
    let Some(folder) = needed::required(comunica(), clients::REQUIRED) else { return };
    // Node looks for packages beside the script.
    std::fs::copy(clients().join("comunica.mjs"), folder.join("comunica.mjs")).unwrap();
    check("Comunica", NODE_PACKAGE, |door| {
        let mut command = Command::new("node");
        command.arg(folder.join("comunica.mjs")).args([&door.port.to_string(), &door.token]).output().unwrap()
    });
}

/// What `make conformance` takes for expected, and what for a failure.
#[test]
fn a_failure_that_is_not_known_is_one() {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/w3c/known.py");
    let output = Command::new("python3").args(["-B", "-m", "doctest"]).arg(known).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn script(python: &Path, name: &str, door: &Door) -> Output {
    Command::new(python).arg(clients().join(name)).args([&door.port.to_string(), &door.token]).output().unwrap()
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients")
}

/// Outside the clone, so that the clients are brought once.
fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    cache.join("hydra-build").join("sparql-clients")
}

/// Finds a Python with the packages, or brings them.
fn python() -> Option<PathBuf> {
    /// Held while they are brought, by one test for all.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = cache().join(PYTHON_PACKAGES.join("_").replace("==", "-"));
    let python = folder.join("bin/python");
    let has_all = || Command::new(&python).args(["-c", "import rdflib, SPARQLWrapper"]).output();
    if has_all().is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    std::fs::create_dir_all(cache()).unwrap();
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
    if !came(&made, "a Python environment") {
        return None;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let installed = Command::new(&python).args(pip).args(PYTHON_PACKAGES).output();
    came(&installed, &PYTHON_PACKAGES.join(" ")).then_some(python)
}

/// Finds the folder with the package, or brings it.
fn comunica() -> Option<PathBuf> {
    let folder = cache().join(format!("comunica-{}", NODE_PACKAGE.rsplit('@').next().unwrap()));
    if folder.join("node_modules/@comunica/query-sparql/package.json").exists() {
        return Some(folder);
    }
    std::fs::create_dir_all(cache()).unwrap();
    // Moved to its place when it is whole.
    let unpacked = tempfile::tempdir_in(cache()).unwrap();
    let mut command = Command::new("npm");
    command.arg("install").arg("--prefix").arg(unpacked.path()).arg(NODE_PACKAGE);
    command.args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]).current_dir(unpacked.path());
    if !came(&command.output(), NODE_PACKAGE) {
        return None;
    }
    std::fs::rename(unpacked.keep(), &folder).unwrap();
    Some(folder)
}

/// Tells whether something came; a registry that can't be reached is no failure of ours, but is said.
fn came(installed: &std::io::Result<Output>, what: &str) -> bool {
    let why = match installed {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(
        !why.contains("E404") && !why.contains("ETARGET") && !why.contains("No matching distribution"),
        "{what}: {why}"
    );
    eprintln!("skipped: {what} can't be installed: {why}");
    false
}
