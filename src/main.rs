//! krama
fn main() {}
