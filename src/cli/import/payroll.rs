//! `krama import payroll`: a payroll's file through `ReportTransitions`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::door::{self, Door, Told};
use super::table::Note;
use crate::cli::civil;
use crate::cli::client::{ServerArgs, Wire};
use crate::cli::lines::report::{COLUMNS, transition};
use crate::cli::lines::{Column, Line, Wrong, help};
use crate::proto::v1::employment_service_client::EmploymentServiceClient;
use crate::proto::v1::report_transitions_request::Message;
use crate::proto::v1::report_transitions_response::Message as Reply;
use crate::proto::v1::transition_result::Answer;
use crate::proto::v1::{
    BatchOptions, EmployerEffect, ReportTransitionsRequest, ReportTransitionsResponse, TransitionRecord,
    TransitionResult,
};

/// Sends a payroll's file of hires, separations and what corrects them.
///
/// Lines are taken one by one and in their order: a bad line is told at the end and stops no other. At the end stands
/// who was reinstated, and from which day benefits run. A connection that breaks is taken up again behind the last line
/// that was answered. The file may be sent again whole, at any time: nothing is recorded twice, since a report is known
/// by its event, employer, employment number and days. An AMEND or RETRACT corrects what this caller sent from a file:
/// the HIRE that began on `began_on` or, with `ended_on`, its SEPARATION; what was corrected otherwise since is refused
/// as POSITION_STALE.
#[derive(Debug, clap::Args)]
#[command(after_help = help(COLUMNS))]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// The ledger's id of the employer of a file without a column of employers; or NUMBER=ID, once for each number in
    /// that column which is not the ledger's id itself.
    #[arg(long = "employer", value_name = "[NUMBER=]ID")]
    employers: Vec<String>,
    #[command(flatten)]
    sending: door::SendArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let employers = args.employers.iter().map(|told| told.split_once('=').unwrap_or(("", told)));
    let employers = employers.map(|(number, id)| (number.to_owned(), id.to_owned())).collect();
    let wire = args.server.connect("PAYROLL/terminal", "payroll").await?;
    door::send(Payroll { employers }, wire, &args.file, &args.sending, out).await
}

struct Payroll {
    /// The ledger's ids of employers by the numbers of the file; by nothing where the file names none.
    employers: BTreeMap<String, String>,
}

impl Door for Payroll {
    type Message = ReportTransitionsRequest;
    type Reply = ReportTransitionsResponse;
    const KIND: &'static str = "payroll";
    const COLUMNS: &'static [Column] = COLUMNS;

    fn start(options: BatchOptions) -> ReportTransitionsRequest {
        ReportTransitionsRequest { message: Some(Message::Start(options)) }
    }

    fn record(&self, line: &Line, client_sequence: i64) -> Result<ReportTransitionsRequest, Wrong> {
        let number = line.text("employer_no");
        let employer = self.employers.get(number).map_or(number, String::as_str);
        if employer.is_empty() {
            return Err(Wrong::new("employer_no", "is required where --employer ID is not given"));
        }
        let record = TransitionRecord { client_sequence, transition: Some(transition(line, employer)?) };
        Ok(ReportTransitionsRequest { message: Some(Message::Record(record)) })
    }

    async fn open(
        wire: Wire,
        messages: impl Stream<Item = ReportTransitionsRequest> + Send + 'static,
    ) -> Result<Streaming<ReportTransitionsResponse>, Status> {
        Ok(EmploymentServiceClient::new(wire).report_transitions(messages).await?.into_inner())
    }

    fn told(reply: ReportTransitionsResponse) -> Option<Told> {
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

fn note(result: &TransitionResult) -> Option<Note> {
    let effect: &EmployerEffect = match result.answer.as_ref()? {
        Answer::Hire(answer) => answer.effect.as_ref(),
        Answer::Amendment(answer) => answer.effect.as_ref(),
        Answer::Retraction(answer) => answer.effect.as_ref(),
        Answer::Separation(_) | Answer::Rekey(_) | Answer::NoPayroll(_) => None,
    }?;
    if effect.needs_attention {
        return Some(Note::Waits("the worker is close to somebody on record; an officer decides who it is".to_owned()));
    }
    let from = effect.benefits_from.map(|day| civil::day_text(Some(day)));
    effect.reinstated.then(|| Note::Reinstated(from.unwrap_or_else(|| "a day that cannot be told yet".to_owned())))
}
