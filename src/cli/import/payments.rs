//! `krama import payments`: a bank's file through `RecordPayments`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::door::{self, Door, Told};
use super::table::Note;
use crate::cli::client::{ServerArgs, Wire};
use crate::cli::lines::payment::{COLUMNS, request};
use crate::cli::lines::{Column, Line, Wrong, help};
use crate::cli::{civil, words};
use crate::proto::v1::contribution_service_client::ContributionServiceClient;
use crate::proto::v1::record_payments_request::Message;
use crate::proto::v1::record_payments_response::Message as Reply;
use crate::proto::v1::{
    BatchOptions, Outcome, PaymentRecord, PaymentResult, RecordPaymentsRequest, RecordPaymentsResponse,
};

/// Sends a bank's file of payments.
///
/// Lines are taken one by one: a bad line is told at the end and stops no other. A connection that breaks is taken up
/// again behind the last line that was answered. The file may be sent again whole, at any time: nothing is recorded
/// twice, since a payment is known by institution, business date, reference and line.
#[derive(Debug, clap::Args)]
#[command(after_help = help(COLUMNS))]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// Who issued the references, where the file does not say so itself; the caller too, if no other is named.
    #[arg(long, value_name = "ID")]
    institution: Option<String>,
    #[command(flatten)]
    sending: door::SendArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let institution = args.institution.unwrap_or_default();
    let wire = args.server.connect(&format!("COLLECTOR/{institution}"), "collection").await?;
    door::send(Payments { institution }, wire, &args.file, &args.sending, out).await
}

struct Payments {
    institution: String,
}

impl Door for Payments {
    type Message = RecordPaymentsRequest;
    type Reply = RecordPaymentsResponse;
    const KIND: &'static str = "payments";
    const COLUMNS: &'static [Column] = COLUMNS;

    fn start(options: BatchOptions) -> RecordPaymentsRequest {
        RecordPaymentsRequest { message: Some(Message::Start(options)) }
    }

    fn record(&self, line: &Line, client_sequence: i64) -> Result<RecordPaymentsRequest, Wrong> {
        let payment = Some(request(line, &self.institution)?);
        Ok(RecordPaymentsRequest { message: Some(Message::Record(PaymentRecord { client_sequence, payment })) })
    }

    async fn open(
        wire: Wire,
        messages: impl Stream<Item = RecordPaymentsRequest> + Send + 'static,
    ) -> Result<Streaming<RecordPaymentsResponse>, Status> {
        Ok(ContributionServiceClient::new(wire).record_payments(messages).await?.into_inner())
    }

    fn told(reply: RecordPaymentsResponse) -> Option<Told> {
        match reply.message? {
            Reply::Result(result) => Some(Told::Result {
                line: u64::try_from(result.client_sequence).unwrap_or_default(),
                outcome: result.outcome(),
                note: note(&result),
                refusal: result.refusal,
            }),
            Reply::Summary(_) => Some(Told::End),
        }
    }
}

fn note(result: &PaymentResult) -> Option<Note> {
    let waits = result.payment.as_ref().filter(|_| result.outcome() == Outcome::AcceptedWithWarning)?;
    let by = result.fix_by.map(|day| format!("; an officer has until {}", civil::day_text(Some(day))));
    Some(Note::Waits(format!("{}{}", words::suspense(waits.warning()), by.unwrap_or_default())))
}
