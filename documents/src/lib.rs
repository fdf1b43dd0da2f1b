//! The law and stories as documents: what people write, read into the values of the law.
//!
//! A law is written in TOML (`policy_file`), a story with its expected answers in YAML (`case_file`); both use the same
//! words (`law_words`). What is said to people stands in the `catalogue`, in English and Khmer, and a life is drawn by `picture`. The crate stands beside the service and knows nothing of it, so that stories can be run, and
//! the law tried, without building a server. Absent: storage, the wire, clocks, and whatever waits.

pub mod case_file;
pub mod catalogue;
mod law_words;
pub mod picture;
pub mod policy_file;
