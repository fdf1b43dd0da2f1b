//! krama
fn main(){}
