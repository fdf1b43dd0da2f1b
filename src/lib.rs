//! krama
