//! Batches: many records in one call, on a stream or in a message, each decided and answered by itself or all together.
//!
//! A stream reads and answers at the same time. What is under way is bounded, so that memory is flat however long the
//! stream; a client that does not read holds up nobody but itself, and not for ever. Absent: what a record means, which
//! its door knows.

mod together;
mod told;

use std::pin::Pin;
use std::sync::Arc;

use krama_law::calendar::Day;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;

use crate::grpc::batch::together::Together;
use crate::grpc::batch::told::{Mode, Tally};
use crate::grpc::wire::Fields;
use crate::grpc::{Counter, status};
use crate::operation::batch::{Entrant, Slot};
use crate::operation::caller::Caller;
use crate::operation::failure::Failure;
use crate::operation::transact::{Answer, Recorded};
use crate::proto::v1;

pub(super) use crate::grpc::batch::told::{Line, refusal};

/// The largest number of a record: the largest whole number that every JSON reader keeps.
const SEQUENCE_MOST: i64 = (1 << 53) - 1;
/// Results that stand ready for a client to read; the transport holds some more.
const RESULTS_AHEAD: usize = 16;

/// A kind of batch: its messages, and how one of its records is made ready for the writer.
pub(super) trait Door: Send + Sync + 'static {
    /// What the client sends on a stream.
    type Message: Send + 'static;
    /// A record.
    type Record: prost::Message + 'static;
    /// What the single call answers.
    type Answer: Send + 'static;
    /// The result of a record.
    type Result: Send + 'static;
    /// What the server sends on a stream.
    type Reply: Send + 'static;
    /// The name of the RPC with a stream, and of the one without.
    const NAMES: (&'static str, &'static str);
    /// Whether such records can be previewed.
    const PREVIEWED: bool;

    /// What a message of the client is.
    fn sent(message: Self::Message) -> Sent<Self::Record>;
    /// The record's number.
    fn sequence(record: &Self::Record) -> i64;
    /// Makes a record ready, or names the single call and its refusal. Without a place in a batch it is for show only.
    fn enlist(counter: &Counter, caller: &Caller, slot: Option<Slot>, record: Self::Record) -> Enlisted<Self::Answer>;
    /// The result of a record.
    fn result(line: Line, answer: Option<Self::Answer>) -> Self::Result;
    /// A result, or at the end the summary, on a stream.
    fn reply(said: Said<Self::Result>) -> Self::Reply;
}

/// What a message of the client is.
pub(super) enum Sent<R> {
    Start(v1::BatchOptions),
    Record(R),
    Nothing,
}

/// What the server says on a stream.
pub(super) enum Said<R> {
    Result(R),
    Summary(v1::BatchSummary),
}

/// What became of a record that was not refused.
pub(super) struct Taken<A> {
    pub(super) outcome: i32,
    pub(super) fix_by: Option<Day>,
    pub(super) position: Option<i64>,
    pub(super) answer: A,
}

/// What became of a record.
pub(super) enum Fate<A> {
    Taken(Taken<A>),
    Rejected(Status),
}

/// The fate of a record that is under way. A failure says nothing about the record, and ends the call.
pub(super) type Coming<A> = Pin<Box<dyn Future<Output = Result<Fate<A>, Failure>> + Send>>;

/// A record made ready, or the name of the single call and what it would be refused with.
pub(super) type Enlisted<A> = Result<(Entrant, Coming<A>), (&'static str, Status)>;

/// The fate of a record whose answer comes from the writer.
pub(super) fn coming<R, A>(
    answer: Answer<R>,
    taken: impl FnOnce(&Recorded<R>) -> Taken<A> + Send + 'static,
) -> Coming<A>
where
    R: Send + 'static,
{
    Box::pin(async move {
        match answer.await.unwrap_or(Err(Failure::Stopping)) {
            Ok(recorded) => Ok(Fate::Taken(taken(&recorded))),
            // One bad record is no reason to break off the others.
            Err(refused @ (Failure::Refused(_) | Failure::Broken(_))) => Ok(Fate::Rejected(status::of(&refused))),
            Err(failure @ (Failure::Unavailable | Failure::Busy | Failure::Stopping)) => Err(failure),
        }
    })
}

/// A rehearsal has no place in a batch.
pub(super) fn no_rehearsal(fields: &mut Fields, validate_only: bool) {
    if validate_only {
        fields.invalid("validate_only", "must be false in a batch; rehearse with the single call");
    }
}

/// How a batch is taken.
struct Options {
    batch: [u8; 16],
    mode: Mode,
    together: bool,
    /// The token of a preview of the same records; empty where none is presented.
    token: String,
}

/// Why a call ends before its summary.
enum End {
    /// The client has gone.
    Gone,
    /// The ledger cannot go on.
    Failed(Failure),
    /// The client did what it may not: the reason, and the status.
    Refused(&'static str, Box<Status>),
}

impl End {
    fn refused(reason: &'static str, status: Status) -> End {
        End::Refused(reason, Box::new(status))
    }

    fn malformed(field: &str, rule: Option<&str>) -> End {
        let mut fields = Fields::default();
        match rule {
            Some(rule) => fields.invalid(field, rule),
            None => fields.missing(field),
        }
        let status = fields.refusal();
        End::refused(Counter::reason_of(&status), status)
    }
}

/// The records of one call, as they are made ready.
struct Records<'a> {
    counter: &'a Counter,
    caller: &'a Caller,
    /// None where they are for show only.
    batch: Option<[u8; 16]>,
    last: i64,
}

/// The number of a record, and its fate.
type Numbered<A> = (i64, Coming<A>);

impl Records<'_> {
    fn enlist<D: Door>(&mut self, record: D::Record) -> (Entrant, Numbered<D::Answer>) {
        let sequence = D::sequence(&record);
        // A number that is taken cannot stand for another record in the list of results.
        let in_order = sequence > self.last && sequence <= SEQUENCE_MOST;
        let slot = self.batch.map(|batch| Slot { batch, sequence });
        let enlisted = if in_order {
            self.last = sequence;
            D::enlist(self.counter, self.caller, slot, record)
        } else {
            let mut fields = self.counter.fields();
            let rule = format!("must be more than {} here, and at most {SEQUENCE_MOST}", self.last);
            fields.invalid("client_sequence", rule);
            Err((D::NAMES.0, fields.refusal()))
        };
        let (entrant, fate) = enlisted.unwrap_or_else(|(method, status)| {
            let reason = Counter::reason_of(&status);
            let slot = slot.filter(|_| in_order);
            let (entrant, kept) = self.counter.desk.enlist_refusal(self.caller, method, reason, slot);
            let fate: Coming<D::Answer> =
                Box::pin(async move { kept.await.map(|()| Fate::Rejected(status)).map_err(|_| Failure::Unavailable) });
            (entrant, fate)
        });
        (entrant, (sequence, fate))
    }
}

impl Counter {
    fn options<D: Door>(fields: &mut Fields, at: &str, told: Option<&v1::BatchOptions>) -> Option<Options> {
        let Some(told) = told else {
            fields.missing(at);
            return None;
        };
        let batch = fields.uuid(&format!("{at}.batch_id"), &told.batch_id);
        let mode = fields.optional_choice::<v1::ResultMode>(&format!("{at}.result_mode"), told.result_mode)?;
        let on_failure = fields.optional_choice::<v1::FailureMode>(&format!("{at}.on_failure"), told.on_failure)?;
        let (together, token) = (on_failure == v1::FailureMode::AllOrNone, told.preview_token.clone());
        if !token.is_empty() && !D::PREVIEWED {
            fields.invalid(&format!("{at}.preview_token"), "must be empty; records of this kind have no preview");
        } else if !token.is_empty() && !together {
            fields.invalid(&format!("{at}.preview_token"), "needs on_failure FAILURE_MODE_ALL_OR_NONE");
        }
        Some(Options { batch, mode: Mode::of(mode), together, token })
    }

    /// The records that a caller is about to send.
    fn records<'a>(&'a self, caller: &'a Caller, batch: Option<[u8; 16]>) -> Records<'a> {
        Records { counter: self, caller, batch, last: 0 }
    }

    /// Takes a batch that came in one message.
    pub(super) async fn batch<D: Door>(
        &self,
        caller: &Caller,
        options: Option<v1::BatchOptions>,
        records: Vec<D::Record>,
    ) -> Result<(Vec<D::Result>, v1::BatchSummary), Status> {
        let (_, method) = D::NAMES;
        let most = self.limits.batch_records;
        if records.len() > most {
            self.desk.note_refusal(Some(caller), method, "REQUEST_TOO_LARGE").await;
            return Err(status::too_many(most));
        }
        let mut fields = self.fields();
        let options = Counter::options::<D>(&mut fields, "options", options.as_ref());
        if records.is_empty() {
            fields.missing("records");
        }
        let options = self.shaped(caller, method, fields.finish(options)).await?;
        let mut enlisting = self.records(caller, Some(options.batch));
        let mut under_way = Vec::new();
        if options.together {
            let mut together = Together::new(enlisting, !options.token.is_empty());
            under_way.extend(records.into_iter().map(|record| together.add::<D>(record)));
            if let Err(end) = together.enter::<D>(&options).await {
                return Err(self.ended(caller, method, end).await);
            }
        } else {
            for record in records {
                let (entrant, numbered) = enlisting.enlist::<D>(record);
                self.desk.enter(entrant).await.map_err(|failure| status::of(&failure))?;
                under_way.push(numbered);
            }
        }
        let (mut tally, mut results) = (Tally::new(&options), Vec::new());
        for (sequence, fate) in under_way {
            let fate = fate.await.map_err(|failure| status::of(&failure))?;
            results.extend(tally.count::<D>(sequence, fate));
        }
        Ok((results, tally.summary(self)))
    }

    /// The status with which a call ends before its summary; a refusal leaves its audit row.
    async fn ended(&self, caller: &Caller, method: &str, end: End) -> Status {
        match end {
            End::Gone => Status::cancelled("the client has gone"),
            End::Failed(failure) => status::of(&failure),
            End::Refused(reason, status) => {
                self.desk.note_refusal(Some(caller), method, reason).await;
                *status
            }
        }
    }

    /// Takes a batch that comes on a stream.
    pub(super) fn stream<D: Door>(&self, request: Request<Streaming<D::Message>>) -> Replies<D::Reply> {
        let (caller, inbound) = Counter::admit(request)?;
        let (out, replies) = mpsc::channel(RESULTS_AHEAD);
        let call = Call { counter: self.clone(), caller, inbound, out };
        tokio::spawn(call.serve::<D>().in_current_span());
        Ok(Response::new(ReceiverStream::new(replies)))
    }
}

/// What a stream answers, message by message.
pub(super) type Replies<R> = Result<Response<ReceiverStream<Result<R, Status>>>, Status>;

/// A stream under way.
struct Call<M, R> {
    counter: Counter,
    caller: Arc<Caller>,
    inbound: Streaming<M>,
    out: mpsc::Sender<Result<R, Status>>,
}

impl<M: Send + 'static, R: Send + 'static> Call<M, R> {
    async fn serve<D: Door<Message = M, Reply = R>>(mut self) {
        let status = match self.run::<D>().await {
            Ok(()) | Err(End::Gone) => return,
            Err(end) => self.counter.ended(&self.caller, D::NAMES.0, end).await,
        };
        let told = async {
            if self.out.send(Err(status)).await.is_ok() {
                self.out.closed().await;
            }
        };
        // A client that writes everything before it reads must come to its reading: what it still sends is left unread.
        let leave = async { while let Ok(Some(_)) = self.inbound.message().await {} };
        tokio::pin!(told);
        tokio::select! {
            () = &mut told => {}
            () = leave => told.await,
        }
    }

    async fn run<D: Door<Message = M, Reply = R>>(&mut self) -> Result<(), End> {
        let options = self.start::<D>().await?;
        let Call { counter, caller, inbound, out } = self;
        let records = counter.records(caller, Some(options.batch));
        let (tally, cut_short) = if options.together {
            let under_way = all::<D>(records, &options, inbound).await?;
            (tell::<D>(counter, Tally::new(&options), under_way, out).await?, None)
        } else {
            let (queue, under_way) = mpsc::channel(counter.limits.stream_records);
            let told = tell::<D>(counter, Tally::new(&options), under_way, out);
            // What was read is answered, also when the reading came to a bad end.
            let reading = async { Ok(each::<D>(records, inbound, queue).await.err()) };
            tokio::try_join!(told, reading)?
        };
        match cut_short {
            Some(end) => Err(end),
            None => say(counter, out, D::reply(Said::Summary(tally.summary(counter)))).await,
        }
    }

    async fn start<D: Door<Message = M, Reply = R>>(&mut self) -> Result<Options, End> {
        let first = receive(&self.counter, &mut self.inbound).await?;
        let told = match first.map(D::sent) {
            Some(Sent::Start(told)) => Some(told),
            Some(Sent::Record(_) | Sent::Nothing) | None => None,
        };
        let mut fields = self.counter.fields();
        let options = Counter::options::<D>(&mut fields, "start", told.as_ref());
        fields.finish(options).map_err(|status| End::refused(Counter::reason_of(&status), status))
    }
}

/// The next message of the client.
async fn receive<M>(counter: &Counter, inbound: &mut Streaming<M>) -> Result<Option<M>, End> {
    let received = tokio::select! {
        biased;
        () = counter.drains() => return Err(End::Failed(Failure::Stopping)),
        received = inbound.message() => received,
    };
    received.map_err(|told| match status::of_message(&told, counter.limits.message_bytes) {
        Some((reason, refused)) => End::refused(reason, refused),
        None => End::Gone,
    })
}

/// The next record of the client.
async fn next<D: Door>(counter: &Counter, inbound: &mut Streaming<D::Message>) -> Result<Option<D::Record>, End> {
    match receive(counter, inbound).await?.map(D::sent) {
        Some(Sent::Record(record)) => Ok(Some(record)),
        Some(Sent::Start(_)) => Err(End::malformed("start", Some("must be the first message and no other"))),
        Some(Sent::Nothing) => Err(End::malformed("message", None)),
        None => Ok(None),
    }
}

/// Hands each record to the writer as it comes, as long as there is a place for its answer.
async fn each<D: Door>(
    mut records: Records<'_>,
    inbound: &mut Streaming<D::Message>,
    queue: mpsc::Sender<Numbered<D::Answer>>,
) -> Result<(), End> {
    while let Some(record) = next::<D>(records.counter, inbound).await? {
        let place = queue.reserve().await.map_err(|_| End::Gone)?;
        let (entrant, numbered) = records.enlist::<D>(record);
        records.counter.desk.enter(entrant).await.map_err(End::Failed)?;
        place.send(numbered);
    }
    Ok(())
}

/// Waits for all records and hands them to the writer together.
async fn all<D: Door>(
    records: Records<'_>,
    options: &Options,
    inbound: &mut Streaming<D::Message>,
) -> Result<mpsc::Receiver<Numbered<D::Answer>>, End> {
    let counter = records.counter;
    let limits = &counter.limits;
    let most = if options.token.is_empty() { limits.all_or_none_records } else { limits.preview_records };
    let (queue, under_way) = mpsc::channel(most);
    let mut together = Together::new(records, !options.token.is_empty());
    while let Some(record) = next::<D>(counter, inbound).await? {
        let placed = queue.try_send(together.add::<D>(record));
        placed.map_err(|_| End::refused("REQUEST_TOO_LARGE", status::too_many(most)))?;
    }
    together.enter::<D>(options).await?;
    Ok(under_way)
}

/// Tells the client what became of its records, in their order.
async fn tell<D: Door>(
    counter: &Counter,
    mut tally: Tally,
    mut under_way: mpsc::Receiver<Numbered<D::Answer>>,
    out: &mpsc::Sender<Result<D::Reply, Status>>,
) -> Result<Tally, End> {
    while let Some((sequence, fate)) = under_way.recv().await {
        let fate = fate.await.map_err(End::Failed)?;
        if let Some(result) = tally.count::<D>(sequence, fate) {
            say(counter, out, D::reply(Said::Result(result))).await?;
        }
    }
    Ok(tally)
}

/// Hands the client a message, if it takes one in time.
async fn say<R>(counter: &Counter, out: &mpsc::Sender<Result<R, Status>>, reply: R) -> Result<(), End> {
    let patience = counter.limits.results_unread;
    match tokio::time::timeout(patience, out.send(Ok(reply))).await {
        Ok(sent) => sent.map_err(|_| End::Gone),
        Err(_) => Err(End::refused("RESULTS_NOT_READ", status::not_read(patience))),
    }
}
