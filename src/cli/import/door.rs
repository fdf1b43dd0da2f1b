//! A file through a door for many records: streamed, resumed after a break, and told of at the end.
//!
//! The file is a batch: its id is made of the file's digest, the number of a record is that of its line. So a client
//! that was cut off, or started anew, goes on as the same batch.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use sha2::{Digest as _, Sha256};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Status, Streaming};

use super::progress::Progress;
use super::table::{Note, Tally};
use crate::cli::client::{Refusal, Wire};
use crate::cli::lines::{Column, Line, Sheet, Wrong, request_id};
use crate::proto::v1;
use crate::proto::v1::{BatchOptions, ErrorReason, Outcome};

/// How long a break is waited out at first; twice as long each time that nothing came of it, up to a bound.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How a file is sent.
#[derive(Debug, clap::Args)]
pub(super) struct SendArgs {
    /// How many seconds a server that cannot be reached is tried again before the import gives up.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u32,
}

/// A kind of file: what its lines are, and through which door they go.
pub(super) trait Door: Send + Sync + 'static {
    /// What is sent.
    type Message: Send + 'static;
    /// What comes back.
    type Reply: Send + 'static;
    /// The kind, for the id of the batch.
    const KIND: &'static str;
    /// The columns of the file.
    const COLUMNS: &'static [Column];

    fn start(options: BatchOptions) -> Self::Message;
    /// The record of a line, under a number.
    fn record(&self, line: &Line, client_sequence: i64) -> Result<Self::Message, Wrong>;
    /// Opens the stream.
    fn open(
        wire: Wire,
        messages: impl Stream<Item = Self::Message> + Send + 'static,
    ) -> impl Future<Output = Result<Streaming<Self::Reply>, Status>>;
    /// What a reply tells; none where it is of a kind that this version does not know.
    fn told(reply: Self::Reply) -> Option<Told>;
}

/// What a reply tells.
pub(super) enum Told {
    /// What became of a line.
    Result { line: u64, outcome: Outcome, note: Option<Note>, refusal: Option<v1::Refusal> },
    /// That all of them were answered.
    End,
}

/// A file on its way, with what the reading of it and the reading of the answers share.
struct Sending<'a, D> {
    door: Arc<D>,
    file: &'a Path,
    batch_id: String,
    progress: Progress,
    tally: Arc<Mutex<Tally>>,
    /// Why the file could not be read to its end.
    torn: Arc<Mutex<Option<std::io::Error>>>,
}

/// Sends a file, resumes what breaks, and tells what became of it.
pub(super) async fn send<D: Door>(
    door: D,
    wire: Wire,
    file: &Path,
    args: &SendArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let (digest, lines) = digest(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut sending = Sending {
        door: Arc::new(door),
        file,
        batch_id: request_id(&["batch", D::KIND, &digest]),
        progress: Progress::of(lines, "answered"),
        tally: Arc::default(),
        torn: Arc::default(),
    };
    let ended = sending.finish(&wire, Duration::from_secs(args.patience.into())).await;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let tally = sending.tally();
    out.write_all(tally.text(&name).as_bytes())?;
    ended.context(
        "the file was not sent to its end; what is told above stands. Send it again: nothing is taken twice",
    )?;
    Ok(if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The digest of a file, and how many line ends it has.
pub(super) fn digest(file: &Path) -> std::io::Result<(String, usize)> {
    let (mut file, mut digest, mut lines) = (File::open(file)?, Sha256::new(), 0);
    let mut part = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            let digest: [u8; 32] = digest.finalize().into();
            return Ok((digest.iter().map(|byte| format!("{byte:02x}")).collect(), lines));
        }
        digest.update(&part[..read]);
        lines += part[..read].iter().filter(|&&byte| byte == b'\n').count();
    }
}

impl<D: Door> Sending<'_, D> {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn finish(&mut self, wire: &Wire, patience: Duration) -> anyhow::Result<()> {
        let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
        loop {
            let before = self.tally().answered;
            let Err(status) = self.once(wire).await? else { return Ok(()) };
            let refusal = Refusal::from(status);
            if self.tally().answered > before {
                (wait, waited) = (FIRST_WAIT, Duration::ZERO);
            }
            if !is_a_break(&refusal) || waited >= patience {
                return Err(refusal.into());
            }
            let line = self.tally().answered;
            self.progress.news(&format!("the connection broke after line {line}; going on behind it in {wait:?}"));
            tokio::time::sleep(wait).await;
            waited += wait;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// One stream, from the line after the last that was answered; the inner error is how it broke.
    async fn once(&mut self, wire: &Wire) -> anyhow::Result<Result<(), Status>> {
        let after = self.tally().answered;
        let sheet = Sheet::open(self.file, D::COLUMNS)?;
        let (door, tally, torn) = (self.door.clone(), self.tally.clone(), self.torn.clone());
        let records = sheet.map_while(move |line| {
            line.map_err(|error| *torn.lock().unwrap_or_else(PoisonError::into_inner) = Some(error)).ok()
        });
        let records = records.filter_map(move |line| {
            let record = line.and_then(|line| {
                let sequence = i64::try_from(line.number).unwrap_or(i64::MAX);
                let sent = line.number > after;
                sent.then(|| door.record(&line, sequence).map_err(|wrong| (line.number, wrong))).transpose()
            });
            record.unwrap_or_else(|(number, wrong)| {
                tally.lock().unwrap_or_else(PoisonError::into_inner).unreadable(number, &wrong);
                None
            })
        });
        let options = BatchOptions { batch_id: self.batch_id.clone(), ..BatchOptions::default() };
        let messages = tokio_stream::once(D::start(options)).chain(tokio_stream::iter(records));
        let mut replies = match D::open(wire.clone(), messages).await {
            Ok(replies) => replies,
            Err(status) => return Ok(Err(status)),
        };
        loop {
            // A server that is slow to answer is no reason to be silent.
            let reply = tokio::time::timeout(Duration::from_secs(1), replies.message()).await;
            let done = self.tally().lines;
            self.progress.done(done);
            match reply {
                Err(_) => {}
                Ok(Err(status)) => return Ok(Err(status)),
                Ok(Ok(None)) => return Ok(Err(Status::unavailable("the stream ended before its summary"))),
                Ok(Ok(Some(reply))) => match D::told(reply) {
                    Some(Told::Result { line, outcome, note, refusal }) => {
                        self.tally().answered(line, outcome, note, refusal.map(Refusal::from));
                    }
                    Some(Told::End) => break,
                    None => {}
                },
            }
        }
        let torn = self.torn.lock().unwrap_or_else(PoisonError::into_inner).take();
        torn.map_or(Ok(Ok(())), |error| Err(error).context("the file cannot be read any further"))
    }
}

/// Whether a call ended for a reason that passes: then what was not answered is sent again.
fn is_a_break(refusal: &Refusal) -> bool {
    let passing =
        [ErrorReason::StorageUnavailable, ErrorReason::Draining, ErrorReason::TooBusy, ErrorReason::ResultsNotRead];
    let broken = [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled, Code::DeadlineExceeded];
    // A status without a reason of the contract comes from between us and the ledger.
    passing.contains(&refusal.reason) || refusal.reason == ErrorReason::Unspecified && broken.contains(&refusal.code)
}
