//! What is told of a batch: a line for each record, as far as the caller wants them, the sums, and the list for later.

use tonic::{Request, Response, Status};
use tonic_types::StatusExt as _;

use crate::grpc::batch::{Door, Fate, Options, Taken};
use crate::grpc::wire::{date, id_text, uuid_text};
use crate::grpc::{Counter, at_least};
use crate::operation::batch::{Fate as Kept, Listed};
use crate::proto::google_type::Date;
use crate::proto::v1;

/// What the results of all kinds of records have in common.
pub(in crate::grpc) struct Line {
    pub(in crate::grpc) client_sequence: i64,
    pub(in crate::grpc) outcome: i32,
    pub(in crate::grpc) fix_by: Option<Date>,
    pub(in crate::grpc) refusal: Option<v1::Refusal>,
}

/// Which results are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    All,
    Exceptions,
    Summary,
}

impl Mode {
    pub(super) fn of(told: v1::ResultMode) -> Mode {
        match told {
            v1::ResultMode::Unspecified | v1::ResultMode::All => Mode::All,
            v1::ResultMode::Exceptions => Mode::Exceptions,
            v1::ResultMode::Summary => Mode::Summary,
        }
    }
}

/// The sums of a call.
pub(super) struct Tally {
    mode: Mode,
    summary: v1::BatchSummary,
    last: Option<i64>,
}

impl Tally {
    pub(super) fn new(options: &Options) -> Tally {
        let summary = v1::BatchSummary { batch_id: uuid_text(options.batch), ..v1::BatchSummary::default() };
        Tally { mode: options.mode, summary, last: None }
    }

    /// Counts a record, and answers its result if the caller wants it.
    pub(super) fn count<D: Door>(&mut self, sequence: i64, fate: Fate<D::Answer>) -> Option<D::Result> {
        let (line, answer) = match fate {
            Fate::Taken(Taken { outcome, fix_by, position, answer }) => {
                self.last = self.last.max(position);
                let line = Line { client_sequence: sequence, outcome, fix_by: fix_by.map(date), refusal: None };
                (line, Some(answer))
            }
            Fate::Rejected(status) => {
                let outcome = v1::Outcome::Rejected.into();
                let refusal = Some(refusal(&status));
                (Line { client_sequence: sequence, outcome, fix_by: None, refusal }, None)
            }
        };
        let outcome = v1::Outcome::try_from(line.outcome).unwrap_or_default();
        self.summary.records += 1;
        let count = match outcome {
            v1::Outcome::Accepted | v1::Outcome::Unspecified => &mut self.summary.accepted,
            v1::Outcome::AcceptedWithWarning => &mut self.summary.accepted_with_warning,
            v1::Outcome::Duplicate => &mut self.summary.duplicates,
            v1::Outcome::Rejected => &mut self.summary.rejected,
        };
        *count += 1;
        let wanted = match self.mode {
            Mode::All => true,
            Mode::Exceptions => outcome != v1::Outcome::Accepted,
            Mode::Summary => false,
        };
        wanted.then(|| D::result(line, answer))
    }

    pub(super) fn summary(self, counter: &Counter) -> v1::BatchSummary {
        v1::BatchSummary { position: self.last.and_then(|last| counter.position(last)), ..self.summary }
    }
}

/// The refusal of a single call as the result of a record.
pub(in crate::grpc) fn refusal(status: &Status) -> v1::Refusal {
    let details = status.get_error_details();
    let info = details.error_info();
    let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    let field = |violation: &tonic_types::FieldViolation| v1::FieldViolation {
        field: violation.field.clone(),
        description: violation.description.clone(),
    };
    v1::Refusal {
        reason: info.map_or(0, |info| reason(&info.reason)),
        code: status.code().into(),
        message: status.message().to_owned(),
        fields: fields.iter().map(field).collect(),
        metadata: info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default(),
    }
}

/// The number of a reason in the contract.
fn reason(name: &str) -> i32 {
    v1::ErrorReason::from_str_name(&format!("ERROR_REASON_{name}")).unwrap_or_default().into()
}

impl Counter {
    /// What was decided of a caller's batch, page by page.
    pub(in crate::grpc) async fn batch_results(
        &self,
        request: Request<v1::ListBatchResultsRequest>,
    ) -> Result<Response<v1::ListBatchResultsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let batch = fields.uuid("batch_id", &message.batch_id);
        let most = self.page_size(&mut fields, message.page_size);
        let after = Counter::page_start(&mut fields, &message.page_token);
        let shaped = self.shaped(&caller, "ListBatchResults", fields.finish(Some((batch, after, most)))).await;
        let (batch, after, most) = shaped?;
        let from = at_least(message.at_least_position);
        let listed = self.desk.list_batch_results(&caller, batch, after, most, from).await;
        let reading = self.looked(&caller, "ListBatchResults", listed).await?;
        let (results, more) = &reading.answer;
        let next = results.last().filter(|_| *more).map(|listed| id_text(listed.sequence));
        Ok(Response::new(v1::ListBatchResultsResponse {
            results: results.iter().map(|listed| self.listed(listed)).collect(),
            next_page_token: next.unwrap_or_default(),
            position: self.position(reading.position),
        }))
    }

    fn listed(&self, listed: &Listed) -> v1::BatchResult {
        let outcome = match listed.fate {
            Kept::Accepted => v1::Outcome::Accepted,
            Kept::Warned => v1::Outcome::AcceptedWithWarning,
            Kept::Duplicate => v1::Outcome::Duplicate,
            Kept::Rejected => v1::Outcome::Rejected,
        };
        v1::BatchResult {
            client_sequence: listed.sequence,
            request_id: listed.request_id.map(uuid_text).unwrap_or_default(),
            outcome: outcome.into(),
            position: listed.position.and_then(|position| self.position(position)),
            reason: listed.reason.as_deref().map_or(0, reason),
        }
    }
}
