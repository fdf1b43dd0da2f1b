//! Architecture: the rules of the house that a compiler does not know.
//!
//! The tables say what holds; each check reads the source files and answers with complaints; the
//! controls show each check a bad file and see it complain. Deliberately absent: any build, any
//! network, any knowledge of what the code does.

#[path = "architecture/source.rs"]
mod source;

use std::{collections::BTreeSet, path::Path};

use source::{Source, Tree};

/// Which of the crate's own modules a floor may name, and which other crates it must not.
struct Floor {
    at: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static [&'static str]],
}

const SQL: &[&str] = &["sea_orm*", "sea_query*", "sqlx*"];
const WIRE: &[&str] = &["tonic*", "prost*", "protox", "http", "tower*"];
const FORMATS: &[&str] = &["serde*", "toml*", "csv"];
const WAITING: &[&str] = &["tokio*", "futures*"];
const OUTSIDE: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "std::time", "std::io", "std::env"];
const NOISE: &[&str] = &["tracing*", "opentelemetry*", "rand*", "uuid", "clap", "krama*"];

const ANY: &[&str] = &["*"];

/// The first row whose `at` is the file, or a folder above it, holds. A file without a row is a
/// complaint: a new room is put on a floor before it is furnished.
const FLOORS: &[Floor] = &[
    Floor { at: "law/src", may: ANY, never: &[SQL, WIRE, FORMATS, WAITING, OUTSIDE, NOISE] },
    // It speaks to the law alone, so that stories can be run without building a service.
    Floor { at: "documents/src/lib", may: &[], never: &[SQL, WIRE, WAITING] },
    Floor { at: "documents/src/law_words", may: &["law_words"], never: &[SQL, WIRE, WAITING, OUTSIDE] },
    Floor { at: "documents/src/policy_file", may: &["policy_file", "law_words"], never: &[SQL, WIRE, WAITING] },
    Floor { at: "documents/src/case_file", may: &["case_file", "law_words"], never: &[SQL, WIRE, WAITING, OUTSIDE] },
    Floor { at: "documents/src/catalogue", may: &["catalogue"], never: &[SQL, WIRE, WAITING, OUTSIDE] },
    Floor { at: "documents/src/picture", may: &["picture", "catalogue"], never: &[SQL, WIRE, WAITING, OUTSIDE] },
    Floor { at: "migrations/src", may: ANY, never: &[WIRE, &["krama*"]] },
    Floor { at: "src/store", may: &["store"], never: &[WIRE, &["clap"]] },
    Floor { at: "src/operation", may: &["operation", "store", "clock"], never: &[SQL, WIRE] },
    Floor { at: "src/grpc", may: &["grpc", "operation", "clock", "config", "proto"], never: &[SQL] },
    Floor { at: "src/server", may: &["server", "grpc", "operation", "store", "config"], never: &[SQL, WIRE] },
    Floor { at: "src/cli", may: ANY, never: &[SQL] },
    Floor { at: "src/proto", may: &["proto"], never: &[SQL] },
    Floor { at: "src/clock", may: &["clock"], never: &[SQL, WIRE] },
    Floor { at: "src/config", may: &["config"], never: &[SQL, WIRE] },
    Floor { at: "src/telemetry", may: &["telemetry", "config"], never: &[SQL] },
    Floor { at: "src/lib", may: &[], never: &[SQL, WIRE] },
    Floor { at: "src/main", may: ANY, never: &[SQL, WIRE] },
];

/// What a crate of this house may depend on, by its manifest.
struct Manifest {
    at: &'static str,
    may: &'static [&'static str],
}

const MANIFESTS: &[Manifest] = &[
    // Dates, errors, exact numbers.
    Manifest { at: "law/Cargo.toml", may: &["time", "thiserror", "num-bigint", "num-rational"] },
    // The law, errors, and the formats that people write.
    Manifest {
        at: "documents/Cargo.toml",
        may: &[
            "krama-law",
            "fluent-bundle",
            "unic-langid",
            "serde",
            "serde_json",
            "serde-saphyr",
            "thiserror",
            "toml_edit",
        ],
    },
];

/// A thing of the outer world, the only rooms that may touch it, and whom the others ask.
struct Room {
    names: &'static [&'static str],
    only_in: &'static [&'static str],
    instead: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        names: &[
            "SystemTime::now",
            "Instant::now",
            "OffsetDateTime::now_utc",
            "OffsetDateTime::now_local",
            "UtcDateTime::now",
        ],
        only_in: &["src/clock"],
        instead: "ask the clock, which a sandbox can move",
    },
    Room {
        names: &["std::env", "env::var", "env::var_os", "env::vars", "env::args"],
        only_in: &["src/config", "src/store/tests"],
        instead: "read it once in the configuration and pass the value down",
    },
    Room {
        names: &["rand", "rand_chacha", "getrandom", "OsRng", "SysRng", "Uuid::new_v4"],
        only_in: &["src/clock", "src/store/seal", "src/store/tests", "src/cli/examples"],
        instead: "take fresh ids from the clock, and seeds as arguments",
    },
];

/// Files that may be longer than a room should be, each with its reason.
const LONG: &[(&str, &str)] = &[];
const LINES_MAX: usize = 500;

/// Words that promise later work instead of doing it.
const LATER_IN_CODE: &[&[&str]] =
    &[&["todo", "!"], &["unimplemented", "!"], &["#", "[", "ignore"], &["extern", "crate"]];
const LATER_IN_COMMENTS: &[&str] = &["FIXME", "TODO", "XXX"];

const SHIPPED: &[&str] = &["src", "documents/src", "law/src", "migrations/src"];
const ALL: &[&str] = &["src", "documents", "law", "migrations", "tests", "benches"];

fn headers(tree: &Tree) -> Vec<String> {
    let bare = tree.sources.iter().filter(|source| !source.text.starts_with("//!"));
    bare.map(|source| format!("{}: must open with `//!`, saying what it is for", source.path)).collect()
}

fn floors(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        let path = &source.path;
        let Some(floor) = FLOORS.iter().find(|floor| is_in(path, floor.at)) else {
            complaints.push(format!("{path}: stands on no floor; add a row to FLOORS"));
            continue;
        };
        for named in source.paths() {
            let (line, text) = (named.line, named.text());
            let mut never = floor.never.iter().copied().flatten();
            let own_main = floor.at == "src/main" && named.starts_with("krama");
            if !own_main && never.any(|pattern| named.starts_with(pattern)) {
                complaints.push(format!("{path}:{line}: {} must not know `{text}`", floor.at));
            }
            let module = match named.segments.as_slice() {
                [first, module, ..] if first == "crate" => module.as_str(),
                _ => continue,
            };
            if floor.may != ANY && !floor.may.contains(&module) {
                complaints.push(format!("{path}:{line}: {} must not name `{text}`", floor.at));
            }
        }
    }
    complaints
}

fn nothing_waits(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for token in source.tokens() {
            if matches!(token.text, "async" | "await") {
                complaints.push(format!("{}:{}: the law never waits", source.path, token.line));
            }
        }
    }
    complaints
}

fn dependencies(manifest: &Manifest, text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let section = lines.skip_while(|line| *line != "[dependencies]").skip(1);
    let names = section
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split(['=', '.', ' ']).next());
    names
        .filter(|name| !manifest.may.contains(name))
        .map(|name| format!("{}: this crate must not depend on `{name}`", manifest.at))
        .collect()
}

fn rooms(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for room in ROOMS {
            if room.only_in.iter().any(|place| is_in(&source.path, place)) {
                continue;
            }
            for named in source.paths() {
                if room.names.iter().any(|name| {
                    let whole_crate = !name.contains("::") && name.starts_with(char::is_lowercase);
                    if whole_crate { named.starts_with(name) } else { named.contains(name) }
                }) {
                    let (path, line, text) = (&source.path, named.line, named.text());
                    complaints.push(format!("{path}:{line}: `{text}`: {}", room.instead));
                }
            }
        }
    }
    complaints
}

fn lengths(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<String> {
    let excused = |path: &str| exceptions.iter().any(|(long, _)| *long == path);
    let is_long = |source: &&Source| source.text.lines().count() > LINES_MAX;
    let long: Vec<&str> = tree.sources.iter().filter(is_long).map(|s| s.path.as_str()).collect();
    let mut complaints: Vec<String> = long
        .iter()
        .filter(|path| !excused(path))
        .map(|path| format!("{path}: more than {LINES_MAX} lines; make it a folder"))
        .collect();
    let stale = exceptions.iter().filter(|(path, _)| !long.contains(path));
    complaints.extend(stale.map(|(path, _)| format!("{path}: needs no exception any more")));
    complaints
}

fn no_mod_files(tree: &Tree) -> Vec<String> {
    let named_mod = tree.sources.iter().filter(|source| source.path.ends_with("/mod.rs"));
    named_mod.map(|s| format!("{}: a floor's file is `x.rs` beside `x/`", s.path)).collect()
}

fn nothing_for_later(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        let tokens = source.tokens();
        for (at, token) in tokens.iter().enumerate() {
            let here = |marker: &&&[&str]| {
                let texts = tokens[at..].iter().map(|token| token.text);
                texts.take(marker.len()).eq(marker.iter().copied())
            };
            if let Some(marker) = LATER_IN_CODE.iter().find(here) {
                let (path, line) = (&source.path, token.line);
                complaints.push(format!("{path}:{line}: `{}` is not allowed", marker.concat()));
            }
        }
        for word in words(&source.comments) {
            if LATER_IN_COMMENTS.contains(&word) {
                complaints.push(format!("{}: a comment says {word}", source.path));
            }
        }
    }
    complaints
}

/// Every RPC is named by some test, as `RegisterMember` or as `register_member`.
fn untested_calls(contract: &Tree, tests: &Tree) -> Vec<String> {
    let said: BTreeSet<&str> =
        tests.sources.iter().flat_map(|source| words(&source.code).chain(words(&source.strings))).collect();
    let mut complaints = Vec::new();
    for source in &contract.sources {
        for call in calls(source) {
            if !said.contains(call.as_str()) && !said.contains(snake_case(&call).as_str()) {
                complaints.push(format!("{}: no test calls {call}", source.path));
            }
        }
    }
    complaints
}

fn calls(source: &Source) -> Vec<String> {
    let tokens = source.tokens();
    let pairs = tokens.windows(3).filter(|t| t[0].text == "rpc" && t[2].text == "(");
    pairs.map(|tokens| tokens[1].text.to_owned()).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(sign.to_lowercase());
    }
    snake
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '_').filter(|word| !word.is_empty())
}

/// `src/store.rs` and all below `src/store/` are in `src/store`.
fn is_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

// The house itself.

fn repository(folders: &[&str], extensions: &[&str]) -> Tree {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")), folders, extensions);
    assert!(!tree.sources.is_empty(), "no files below {folders:?}: the check would be empty");
    tree
}

#[track_caller]
fn holds(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    holds(&headers(&repository(ALL, &["rs"])));
}

#[test]
fn imports_only_go_down() {
    holds(&floors(&repository(SHIPPED, &["rs"])));
}

#[test]
fn the_law_is_pure() {
    holds(&nothing_waits(&repository(&["law/src"], &["rs"])));
}

#[test]
fn crates_depend_on_what_they_need_and_no_more() {
    for manifest in MANIFESTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest.at);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", manifest.at));
        holds(&dependencies(manifest, &text));
    }
}

#[test]
fn clock_environment_and_chance_stay_in_their_rooms() {
    holds(&rooms(&repository(SHIPPED, &["rs"])));
}

#[test]
fn no_file_is_too_long() {
    holds(&lengths(&repository(ALL, &["rs"]), LONG));
}

#[test]
fn no_file_is_called_mod() {
    holds(&no_mod_files(&repository(ALL, &["rs"])));
}

#[test]
fn nothing_is_left_for_later() {
    holds(&nothing_for_later(&repository(ALL, &["rs"])));
}

#[test]
fn every_call_of_the_contract_is_tested() {
    let contract = repository(&["proto/krama"], &["proto"]);
    assert!(contract.sources.iter().any(|source| !calls(source).is_empty()), "no RPC was found");
    let mut tests = repository(&["tests"], &["rs", "py"]);
    tests.sources.retain(|source| !source.path.starts_with("tests/architecture"));
    holds(&untested_calls(&contract, &tests));
}

// The controls: each check is shown what it must not let through, and what it must.

/// Shows a check one bad file and sees the complaint, then one good file and sees none.
#[track_caller]
fn control(check: fn(&Tree) -> Vec<String>, path: &str, bad: &[&str], good: &[&str]) {
    for text in bad {
        assert!(!check(&Tree::of(&[(path, text)])).is_empty(), "{path} passed with: {text}");
    }
    for text in good {
        let complaints = check(&Tree::of(&[(path, text)]));
        assert!(complaints.is_empty(), "{text}\n{}", complaints.join("\n"));
    }
}

#[test]
fn control_headers() {
    control(headers, "src/a.rs", &["", "// no\n", "use a::b;\n//! late"], &["//! For this.\n"]);
}

#[test]
fn control_floors() {
    let grpc = &[
        "use crate::store::member;",
        "use crate::{operation, store::{self as memory}};",
        "fn f() { super::super::store::open() }",
        "mod inner { use super::super::super::store; }",
        "use sea_orm::EntityTrait;",
        "fn f(x: ::sea_orm::DbErr) {}",
    ];
    let grpc_good = &["use tonic::Status; use crate::operation; // crate::store\nmod a { use super::b; }"];
    control(floors, "src/grpc/member_service.rs", grpc, grpc_good);
    let operation = &["use tonic::Code;", "#[prost::x] fn f() {}", "use {std::fmt, sea_orm as s};", "use crate::cli;"];
    control(floors, "src/operation.rs", operation, &["use crate::{clock::Clock, store};"]);
    let store = &["use crate::operation;", "use tonic_types::pb;", "fn f() { crate::grpc::x() }"];
    control(floors, "src/store/member.rs", store, &["use sea_orm::*; const A: &str = \"tonic::x\";"]);
    let law = &["use sea_orm as s;", "use std::{fmt, env};", "use serde::Serialize;", "use std::io::Read;"];
    control(floors, "law/src/fact.rs", law, &["use crate::money::Riel; use time::Date;"]);
    let case_file = &["use std::fs;", "use tokio::fs;", "use crate::policy_file;"];
    control(floors, "documents/src/case_file/facts.rs", case_file, &["use crate::law_words; use serde::Deserialize;"]);
    control(floors, "src/main.rs", &["use tonic::x;"], &["fn main() { krama::cli::run() }"]);
    control(floors, "src/attic.rs", &["//! On no floor."], &[]);
}

#[test]
fn control_law() {
    let bad = &["pub async fn f() {}", "fn f() { x.await }"];
    control(nothing_waits, "law/src/a.rs", bad, &["// async\nfn f() { \"await\" }"]);
    let manifest = "[dependencies]\ntime = \"1\"\nserde.workspace = true\n[dev-dependencies]\ncsv = \"1\"";
    assert_eq!(dependencies(&MANIFESTS[0], manifest).len(), 1);
}

#[test]
fn control_rooms() {
    let bad = &[
        "fn f() { std::time::Instant::now(); }",
        "use tokio::time::Instant; fn f() { let now = Instant::now; }",
        "use std::{env, fmt};",
        "fn f() { std::env::var(\"A\") }",
        "use rand::Rng;",
        "fn f() { uuid::Uuid::new_v4() }",
    ];
    let good = &[
        "// Instant::now\nfn f() { env!(\"A\"); \"SystemTime::now\" }",
        "fn f<'a>(x: &'a str) { '\"'; Uuid::new_v5(a, b) /* std::env */ }",
    ];
    control(rooms, "src/store/member.rs", bad, good);
    control(rooms, "law/src/calendar.rs", &["fn f() { SystemTime::now() }"], &[]);
    control(rooms, "src/clock.rs", &["use std::env;"], &["fn f() { SystemTime::now() }"]);
    control(rooms, "src/cli/examples/people.rs", &["use std::env;"], &["use rand::Rng;"]);
}

#[test]
fn control_lengths() {
    let long = "//! Long.\n".repeat(LINES_MAX + 1);
    let tree = Tree::of(&[("src/a.rs", &long), ("src/b.rs", "//! Short.")]);
    assert_eq!(lengths(&tree, &[]).len(), 1);
    assert_eq!(lengths(&tree, &[("src/a.rs", "a table")]), Vec::<String>::new());
    assert_eq!(lengths(&tree, &[("src/a.rs", "a table"), ("src/b.rs", "stale")]).len(), 1);
}

#[test]
fn control_names_and_markers() {
    assert_eq!(no_mod_files(&Tree::of(&[("src/a/mod.rs", ""), ("src/mode.rs", "")])).len(), 1);
    let bad = &["fn f() { todo!() }", "unimplemented ! ()", "#[ignore]\nfn f() {}", "// FIXME: no"];
    let good = &["const A: &str = \"todo!() FIXME\";", "// A todo list is #[ignore]d.\nlet todo = 1;"];
    control(nothing_for_later, "src/a.rs", bad, good);
}

#[test]
fn control_untested_calls() {
    let service = "// rpc Old(A)\nrpc GetMember(A) returns (B);\nrpc FindMember (A) returns (B);";
    let contract = Tree::of(&[("proto/krama/v1/member.proto", service)]);
    let check = |test: &str| untested_calls(&contract, &Tree::of(&[("tests/it/a.rs", test)])).len();
    assert_eq!(check("// get_member, find_member\nfn forget_members() {}"), 2);
    assert_eq!(check("client.get_member(\"/krama.v1.MemberService/FindMember\")"), 0);
    assert_eq!(check("fn f() { get_member() }"), 1);
}

#[test]
fn control_paths() {
    let text = "r#\"use a::b;\"#; '\\''; b\"\\\"c::d\"; /* e::f /* g::h */ */ i::<J>::k();\nl::m!(n)";
    let paths = Source::new("src/a/b.rs", text).paths();
    assert_eq!(paths.iter().map(source::Named::text).collect::<Vec<_>>(), ["l::m"]);
    assert_eq!(paths[0].line, 2);
    let source = Source::new("src/a/b.rs", "use super::{c, self as d};\nmod t { use super::*; }\nself::e()");
    let texts: Vec<String> = source.paths().iter().map(source::Named::text).collect();
    assert_eq!(texts, ["crate::a::c", "crate::a", "crate::a::b::*", "crate::a::b::e"]);
}
