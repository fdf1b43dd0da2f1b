//! ChangeService on the wire: the feed, as each role may see it.
//!
//! A watcher is sent a page at a time from the tables and holds nothing else, so one that reads slowly holds up nobody
//! and takes no memory. Nobody is named: members are told by id. Absent: what is told, and in which order.

use krama_law::change::DayState;
use krama_law::fact::Fact;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::clock::Stopwatch;
use crate::grpc::change::day_state;
use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, decision, status};
use crate::operation::caller::Role;
use crate::operation::change::feed::{Change, Delivery, Notice, NoticeKind, Told};
use crate::operation::coverage::notice::State;
use crate::operation::failure::Failure;
use crate::operation::reading::AtLeast;
use crate::proto::v1;
use crate::proto::v1::change_service_server::ChangeService;
use crate::proto::v1::watch_changes_response::Message;

/// Bytes of a page of ListChanges, as far as a single message does not pass them.
const PAGE_BYTES: usize = 1 << 20;
/// How often the tables are read for one page, where little of them is left for the caller.
const READS_A_PAGE: usize = 16;

/// What of the feed a caller gets.
#[derive(Clone, Copy, Debug)]
struct View {
    staff: bool,
    facts: bool,
    standings: bool,
    notices: bool,
}

type Watched = Result<v1::WatchChangesResponse, Status>;

#[tonic::async_trait]
impl ChangeService for Counter {
    type WatchChangesStream = ReceiverStream<Watched>;

    async fn watch_changes(
        &self,
        request: Request<v1::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let view = view(&mut fields, caller.role, &message.kinds);
        let after = after(&mut fields, message.after_position);
        let (view, after) = self.shaped(&caller, "WatchChanges", fields.finish(view.zip(Some(after)))).await?;
        let begins = self.desk.begins_after(at_least(after), None).await;
        let begins = self.looked(&caller, "WatchChanges", begins).await?;
        let (out, replies) = mpsc::channel(1);
        let watcher = Watcher { counter: self.clone(), view, seen: begins, silent: Stopwatch::start(), out };
        tokio::spawn(watcher.run());
        Ok(Response::new(ReceiverStream::new(replies)))
    }

    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Result<Response<v1::ListChangesResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let view = view(&mut fields, caller.role, &message.kinds);
        let after = after(&mut fields, message.after_position);
        let most = self.page_size(&mut fields, message.page_size);
        let shaped = fields.finish(view.zip(Some((after, most))));
        let (view, (after, most)) = self.shaped(&caller, "ListChanges", shaped).await?;
        let listed = self.list(&view, after, at_least(message.at_least_position), most).await;
        Ok(Response::new(self.looked(&caller, "ListChanges", listed).await?))
    }

    async fn get_position(
        &self,
        request: Request<v1::GetPositionRequest>,
    ) -> Result<Response<v1::GetPositionResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let found = self.desk.get_position(at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "GetPosition", found).await?;
        Ok(Response::new(v1::GetPositionResponse {
            position: self.position(reading.position),
            known_at: Some(timestamp(reading.answer)),
        }))
    }
}

impl Counter {
    async fn list(
        &self,
        view: &View,
        after: Option<v1::Position>,
        at_least_position: Option<AtLeast>,
        most: u32,
    ) -> Result<v1::ListChangesResponse, Failure> {
        let mut reached = self.desk.begins_after(at_least(after), at_least_position).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let (mut changes, mut bytes, mut more) = (Vec::new(), 0, true);
        'page: for _ in 0..READS_A_PAGE {
            let reading = self.desk.changes_after(reached, self.limits.feed_positions, view.facts).await?;
            more = !reading.answer.is_empty();
            if !more {
                break;
            }
            for change in reading.answer {
                let position = change.position;
                if let Some(message) = self.seen(view, change) {
                    bytes += message.encoded_len();
                    if !changes.is_empty() && bytes > PAGE_BYTES {
                        break 'page;
                    }
                    changes.push(message);
                }
                reached = position;
                if changes.len() == most {
                    break 'page;
                }
            }
        }
        Ok(v1::ListChangesResponse { changes, position: self.position(reached), more })
    }

    /// What is left of a change for a caller; nothing where nothing is.
    fn seen(&self, view: &View, change: Change) -> Option<v1::Change> {
        let Change { position, known, method, facts, standings, stretches, notices, deliveries } = change;
        let staff = Role::Officer;
        let mut message = v1::Change {
            position: self.position(position),
            known_time: Some(timestamp(known)),
            ..v1::Change::default()
        };
        if view.staff {
            message.method = method.to_owned();
        }
        if view.facts {
            message.facts = facts
                .iter()
                .map(|(member, recorded)| v1::RecordedFact {
                    fact_id: id_text(recorded.id.0),
                    member_id: id_text(*member),
                    kind: kind(&recorded.fact).to_owned(),
                })
                .collect();
            message.member_changes = stretches
                .iter()
                .map(|(member, changes)| v1::MemberChanges {
                    member_id: id_text(*member),
                    changes: self.standing_changes(staff, changes),
                })
                .collect();
        }
        if view.standings {
            message.standings = standings.iter().map(|row| standing(view, row)).collect();
        }
        if view.notices {
            message.notices = notices.iter().map(|row| notice(row, self.notice_texts(row))).collect();
            message.deliveries = deliveries.iter().map(delivery).collect();
        }
        let told = message.standings.len() + message.notices.len() + message.deliveries.len();
        // To staff who ask for facts each position is told, also where a command recorded no fact.
        (view.facts || told > 0).then_some(message)
    }
}

/// Somebody who watches.
struct Watcher {
    counter: Counter,
    view: View,
    /// The position up to which everything was looked at.
    seen: i64,
    /// Since something was said.
    silent: Stopwatch,
    out: mpsc::Sender<Watched>,
}

/// The watcher has gone.
struct Gone;

impl Watcher {
    async fn run(mut self) {
        loop {
            let ended = match self.step().await {
                Ok(Ok(())) => continue,
                Ok(Err(failure)) => failure,
                Err(Gone) => return,
            };
            // If the watcher has gone as well, there is nobody to tell.
            drop(self.out.send(Err(status::of(&ended))).await);
            return;
        }
    }

    /// Sends what there is, or waits until there is something.
    async fn step(&mut self) -> Result<Result<(), Failure>, Gone> {
        let Counter { desk, limits, .. } = self.counter.clone();
        let reading = match desk.changes_after(self.seen, limits.feed_positions, self.view.facts).await {
            Ok(reading) => reading,
            Err(failure) => return Ok(Err(failure)),
        };
        let nothing = reading.answer.is_empty();
        for change in reading.answer {
            let position = change.position;
            if let Some(message) = self.counter.seen(&self.view, change)
                && let Err(failure) = self.say(Message::Change(message)).await?
            {
                return Ok(Err(failure));
            }
            self.seen = position;
        }
        let pause = limits.heartbeat;
        if nothing {
            let counter = self.counter.clone();
            tokio::select! {
                biased;
                () = counter.drains() => return Ok(Err(Failure::Stopping)),
                () = self.out.closed() => return Err(Gone),
                _ = desk.news_after(self.seen, pause) => {}
            }
        }
        if self.silent.seconds() < pause.as_secs_f64() {
            return Ok(Ok(()));
        }
        let heartbeat = v1::Heartbeat { position: self.counter.position(self.seen) };
        self.say(Message::Heartbeat(heartbeat)).await
    }

    /// Says something once the watcher has read what was said before.
    async fn say(&mut self, message: Message) -> Result<Result<(), Failure>, Gone> {
        let response = v1::WatchChangesResponse { message: Some(message) };
        let sent = tokio::select! {
            biased;
            () = self.counter.drains() => return Ok(Err(Failure::Stopping)),
            sent = self.out.send(Ok(response)) => sent,
        };
        self.silent = Stopwatch::start();
        sent.map(Ok).map_err(|_| Gone)
    }
}

fn after(fields: &mut Fields, position: Option<v1::Position>) -> Option<v1::Position> {
    if position.as_ref().is_some_and(|position| position.number < 0) {
        fields.invalid("after_position.number", "must not be negative");
    }
    position
}

/// What a caller gets, of the kinds that it asks for.
fn view(fields: &mut Fields, role: Role, kinds: &[i32]) -> Option<View> {
    let mut asked = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        asked.push(fields.choice::<v1::ChangeKind>(&format!("kinds[{index}]"), *kind)?);
    }
    let has = |kind| asked.is_empty() || asked.contains(&kind);
    let staff = role.is_staff();
    Some(View {
        staff,
        facts: staff && has(v1::ChangeKind::Fact),
        standings: has(v1::ChangeKind::Standing),
        notices: has(v1::ChangeKind::Notice),
    })
}

fn standing(view: &View, row: &Told) -> v1::MemberStanding {
    let now = &row.now;
    let brief = v1::MemberStanding {
        member_id: id_text(row.member),
        before: row.was.map(|(standing, schemes)| day_state(DayState { standing, covers: schemes })),
        after: Some(day_state(DayState { standing: now.standing, covers: now.schemes() })),
        ..v1::MemberStanding::default()
    };
    if !view.staff {
        return brief;
    }
    let months = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    v1::MemberStanding {
        covers: now.covers.iter().map(decision::cover).collect(),
        overdue_months: months(now.overdue),
        run_months: months(now.run),
        last_safe_day: now.last_safe_day.map(date),
        holds_until: now.holds_until.map(date),
        policy_revision: now.revision.to_string(),
        contested: now.contested,
        ..brief
    }
}

fn notice(notice: &Notice, texts: Vec<v1::NoticeText>) -> v1::Notice {
    let kind = match notice.kind {
        NoticeKind::FirstMissed => v1::NoticeKind::FirstMissed,
        NoticeKind::BeforeLoss => v1::NoticeKind::BeforeLoss,
    };
    v1::Notice {
        notice_id: id_text(notice.id),
        member_id: id_text(notice.member),
        kind: kind.into(),
        due_on: Some(date(notice.due_on)),
        last_safe_day: notice.last_safe_day.map(date),
        least_amount_riel: notice.amount,
        texts,
    }
}

fn delivery(delivery: &Delivery) -> v1::NoticeDelivery {
    let state = match delivery.state {
        State::Sent => v1::DeliveryState::Sent,
        State::Delivered => v1::DeliveryState::Delivered,
        State::Failed => v1::DeliveryState::Failed,
        State::Expired => v1::DeliveryState::Expired,
    };
    v1::NoticeDelivery {
        notice_id: id_text(delivery.notice),
        state: state.into(),
        channel: i32::from(delivery.channel),
        on: Some(date(delivery.on)),
    }
}

/// The word for a kind of fact.
fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Enrolled { .. } => "ENROLLED",
        Fact::Payment { .. } => "PAYMENT",
        Fact::Reversed { .. } => "REVERSED",
        Fact::Refunded { .. } => "REFUNDED",
        Fact::Hired { .. } => "HIRED",
        Fact::Separated { .. } => "SEPARATED",
        Fact::Amended { .. } => "AMENDED",
        Fact::EmploymentRetracted { .. } => "EMPLOYMENT_RETRACTED",
        Fact::EmployerMonth { .. } => "EMPLOYER_MONTH",
        Fact::Certificate { .. } => "CERTIFICATE",
        Fact::Excused { .. } => "EXCUSED",
        Fact::NoticeServed { .. } => "NOTICE_SERVED",
        Fact::LapseConfirmed { .. } => "LAPSE_CONFIRMED",
        Fact::LapseWaived { .. } => "LAPSE_WAIVED",
        Fact::Died { .. } => "DIED",
        Fact::Born { .. } => "BORN",
        Fact::Household { .. } => "HOUSEHOLD",
        Fact::Retracted { .. } => "RETRACTED",
    }
}
