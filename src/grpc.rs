//! The counter: the only place that knows tonic and prost.
//!
//! A handler reads as admit, shape, ask the desk, answer; each service keeps its own conversions beside it.
//! Deliberately absent: the store, and any decision.

pub mod gate;
pub mod server;

mod batch;
mod change;
mod contribution;
mod coverage;
mod decision;
mod employment;
mod member;
mod policy;
pub(crate) mod register;
mod sandbox;
mod status;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use krama_documents::catalogue::{Catalogue, Language};

use crate::grpc::wire::Fields;
use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::failure::Failure;
use crate::operation::reading::AtLeast;
use crate::operation::transact::{Recorded, Ticket};
use crate::proto::v1;

pub use crate::grpc::wire::id_text;

/// What every service needs.
#[derive(Clone)]
pub(crate) struct Counter {
    desk: Arc<Desk>,
    limits: Limits,
    /// What is said to people, in each language.
    catalogues: Arc<[Catalogue; 2]>,
    /// Set when the server is about to stop.
    draining: watch::Receiver<bool>,
}

/// The bounds of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) text_bytes: usize,
    pub(crate) amount_riel: i64,
    pub(crate) page_default: u32,
    pub(crate) page_most: u32,
    pub(crate) message_bytes: usize,
    pub(crate) batch_records: usize,
    pub(crate) all_or_none_records: usize,
    pub(crate) preview_records: usize,
    pub(crate) stream_records: usize,
    pub(crate) results_unread: Duration,
    pub(crate) excuse_months_most: i32,
    pub(crate) standing_changes: usize,
    pub(crate) reconciled_lines: usize,
    pub(crate) feed_positions: u32,
    pub(crate) heartbeat: Duration,
}

impl Counter {
    /// The caller whom the gate admitted, and the message.
    fn admit<T>(request: Request<T>) -> Result<(Arc<Caller>, T), Status> {
        let (_, extensions, message) = request.into_parts();
        let caller = extensions.get::<Arc<Caller>>().cloned();
        // Without a gate before it a service answers nobody.
        let caller = caller.ok_or_else(|| Status::unauthenticated("the call did not pass the gate"))?;
        Ok((caller, message))
    }

    /// The catalogue of a language.
    fn catalogue(&self, language: Language) -> &Catalogue {
        let found = self.catalogues.iter().find(|catalogue| catalogue.language() == language);
        found.unwrap_or(&self.catalogues[0])
    }

    fn fields(&self) -> Fields {
        Fields::new(self.limits.text_bytes)
    }

    /// The message in the desk's terms, or the refusal of a malformed one, which leaves its audit row.
    async fn shaped<T>(&self, caller: &Caller, method: &str, shaped: Result<T, Status>) -> Result<T, Status> {
        if let Err(refused) = &shaped {
            self.desk.note_refusal(Some(caller), method, Counter::reason_of(refused)).await;
        }
        shaped
    }

    /// The reason for which a message was refused.
    fn reason_of(refused: &Status) -> &'static str {
        let info = refused.get_details_error_info();
        let reason = info.and_then(|info| v1::ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
        reason.unwrap_or(v1::ErrorReason::FieldInvalid).as_str_name().trim_start_matches("ERROR_REASON_")
    }

    /// Returns when the server is about to stop.
    async fn drains(&self) {
        // A server that is gone without a word has stopped.
        let _ = self.draining.clone().wait_for(|draining| *draining).await;
    }

    /// The answer to a read, or its refusal, which leaves its audit row.
    async fn looked<T>(&self, caller: &Caller, method: &str, looked: Result<T, Failure>) -> Result<T, Status> {
        match looked {
            Ok(answer) => Ok(answer),
            Err(failure) => {
                self.desk.note_refusal(Some(caller), method, failure.reason()).await;
                Err(status::of(&failure))
            }
        }
    }

    fn position(&self, number: i64) -> Option<v1::Position> {
        Some(wire::position(self.desk.epoch(), number))
    }

    /// The position that a write took, if it took one.
    fn position_of<R>(&self, recorded: &Recorded<R>) -> Option<v1::Position> {
        recorded.position.and_then(|number| self.position(number))
    }

    /// How many records a page holds.
    fn page_size(&self, fields: &mut Fields, asked: i32) -> u32 {
        match u32::try_from(asked) {
            Ok(0) => self.limits.page_default,
            Ok(asked) => asked.min(self.limits.page_most),
            Err(_) => {
                fields.invalid("page_size", "must not be negative");
                self.limits.page_default
            }
        }
    }

    /// The id after which a page begins.
    fn page_start(fields: &mut Fields, token: &str) -> i64 {
        if token.is_empty() { i64::MIN } else { fields.id("page_token", token) }
    }
}

/// What every write carries.
fn ticket(fields: &mut Fields, request_id: &str, validate_only: bool) -> Ticket {
    Ticket { request_id: fields.request_id(request_id), validate_only }
}

/// The least position that a reader wants to see.
fn at_least(position: Option<v1::Position>) -> Option<AtLeast> {
    position.map(|position| AtLeast { epoch: position.epoch, number: position.number })
}

/// How a write ended that was not refused.
fn outcome<R>(recorded: &Recorded<R>, warned: bool) -> i32 {
    let outcome = if recorded.duplicate {
        v1::Outcome::Duplicate
    } else if warned {
        v1::Outcome::AcceptedWithWarning
    } else {
        v1::Outcome::Accepted
    };
    outcome.into()
}
