//! Compiles the contract with a protobuf compiler written in Rust, so that no other tool is needed.

use std::path::{Path, PathBuf};
use std::{env, fs};

const CONTRACT: &str = "proto";
const PACKAGES: [&str; 2] = ["proto/krama/v1", "proto/krama/sandbox/v1"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={CONTRACT}");
    let mut files = Vec::new();
    for package in PACKAGES {
        for entry in fs::read_dir(package)? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let mut compiler = protox::Compiler::new([CONTRACT])?;
    compiler.include_imports(true).include_source_info(true);
    for file in &files {
        compiler.open_file(file.strip_prefix(CONTRACT)?)?;
    }
    // The encoded form keeps the custom options (roles, HTTP paths); the decoded one below loses them.
    let out: PathBuf = Path::new(&env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("krama.binpb");
    fs::write(out, compiler.encode_file_descriptor_set())?;
    // Maps are kept in the order of their keys, so that the same answer has the same bytes.
    tonic_prost_build::configure()
        .btree_map(".")
        .include_file("contract.rs")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
