//! The desk: load, decide, record. One short function an RPC, and one write path for all of them.
//!
//! What is decided comes from `krama_law`, what is kept goes to the store; here the two meet. Deliberately absent:
//! wire types, SQL, and any rule of law.

pub mod batch;
pub mod caller;
pub mod failure;
pub mod foreseen;
pub mod person;
pub(crate) mod prepared;
pub mod reading;
pub mod register;
pub mod transact;

pub mod change;
pub mod lapse;
pub mod standing;

mod command;

pub mod contribution;
pub mod coverage;
pub mod employment;
pub mod member;
pub mod policy;

mod page;

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use krama_documents::policy_file::LawBook;
use krama_law::calendar::{Day, Moment};

use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Tide};
use crate::operation::caller::Caller;
use crate::operation::coverage::at_hand::AtHand;
use crate::operation::coverage::glance::{self, Question};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::policy::Held;
use crate::operation::transact::writer::{Between, Writer};
use crate::operation::transact::{WriterHandle, audit_row};
use crate::store;
use crate::store::audit::{self, AuditRow, Outcome};
use crate::store::connection::{Present, Settings, Store};
use crate::store::ledger;

/// Why a desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// The files of the ledger cannot be used.
    #[error("the ledger cannot be opened: {0}")]
    Store(#[from] store::failure::Failure),
    /// The ledger belongs to a sandbox, where time was moved and callers named themselves.
    #[error("this ledger belongs to a sandbox; start it with --sandbox, or give another database in `store`")]
    IsSandbox,
    /// The ledger is real.
    #[error("this ledger is no sandbox; start it without --sandbox, or give another database in `store`")]
    IsNoSandbox,
    /// The ledger was founded with another law.
    #[error("this ledger decides by the law `{ledger}`, not `{given}`; name its folder in `policy.folder`")]
    OtherLaw {
        /// The law of the ledger.
        ledger: String,
        /// The law of the folder.
        given: String,
    },
}

/// The bounds of the desk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commands that share one commit at most.
    pub batch_commands: usize,
    /// Commands that may wait for the writer.
    pub waiting_commands: usize,
    /// How many days a hire may lie ahead.
    pub hire_ahead_days: i32,
    /// How old the value date of a collector's payment may be before an officer must look at it.
    pub max_backdate_days: i32,
    /// How many months an officer may excuse alone.
    pub excuse_months_alone: i32,
    /// Members whom one part of a lapse run takes.
    pub lapse_members: usize,
    /// Members whom one forecast may hold.
    pub forecast_members: usize,
    /// Numbers of people that are held at hand.
    pub numbers_at_hand: usize,
    /// Questions of hospitals that share one look at the ledger.
    pub glance_questions: usize,
    /// How long the next look waits for the one before it.
    pub glance_patience: Duration,
    /// How old a look may be by which whoever is at hand is answered.
    pub glance_age: Duration,
    /// Members whom one part of a simulation decides about.
    pub simulation_members: usize,
    /// Simulations that may run at the same time.
    pub simulations_at_once: usize,
    /// Previews that may be decided at the same time.
    pub previews_at_once: usize,
    /// How long a reader waits for a position that was not reached yet.
    pub position_wait: Duration,
    /// How often the ledger is asked, while somebody waits, for what another server wrote.
    pub position_poll: Duration,
}

/// What a desk is opened with.
#[derive(Debug)]
pub struct Opening {
    /// Where the ledger lies.
    pub store: Settings,
    /// By which law a new ledger begins to decide.
    pub law: LawBook,
    /// The bounds of the desk.
    pub limits: Limits,
    /// Set for a sandbox, with the instant at which the clock of a fresh one stands (the present when absent).
    pub sandbox: Option<Option<Moment>>,
}

/// The desk of one ledger.
pub struct Desk {
    store: Store,
    clock: Clock,
    held: Held,
    limits: Limits,
    writer: WriterHandle,
    epoch: String,
    tide: Tide,
    at_hand: Mutex<AtHand>,
    questions: mpsc::Sender<Question>,
    simulations: Arc<Semaphore>,
    /// The last position that this server knows of.
    newest: watch::Sender<i64>,
    /// Told when the clock of a sandbox was moved.
    moved: Notify,
}

impl Desk {
    /// Opens the ledger and lets its writer run on the present runtime.
    ///
    /// # Errors
    /// The files of the ledger cannot be used, or a sandbox is mixed up with a ledger that is none.
    pub async fn open(opening: Opening) -> Result<(Arc<Desk>, JoinHandle<()>), CannotOpen> {
        Desk::open_with(opening, Box::new(|_| Ok(()))).await
    }

    /// The same, with something that is done between the steps of each batch.
    pub(crate) async fn open_with(
        opening: Opening,
        between: Between,
    ) -> Result<(Arc<Desk>, JoinHandle<()>), CannotOpen> {
        let Opening { store: settings, law, limits, sandbox } = opening;
        let store = Store::open(&settings).await?;
        // Whether the ledger is a sandbox's is settled under the writer lock, as others may open it now.
        let write = store.begin().await?;
        let identity = ledger::identity(&write).await?;
        let (position, last_known) = ledger::last(&write).await?;
        let held = Held::new(position, policy::open(&write, &law).await?);
        let clock = match sandbox {
            None if identity.sandbox => return Err(CannotOpen::IsSandbox),
            None => Clock::System,
            Some(_) if position > 0 && !identity.sandbox => return Err(CannotOpen::IsNoSandbox),
            // Time in a sandbox that was used goes on where it stood, so that nothing lapses by a restart.
            Some(start) => {
                let stood = identity.sandbox_clock.into_iter().chain((position > 0).then_some(last_known)).max();
                let clock = Clock::sandbox(stood.map(Moment).or(start));
                ledger::mark_sandbox(&write).await?;
                ledger::keep_sandbox_clock(&write, clock.now().0).await?;
                clock
            }
        };
        write.commit().await?;
        let (handle, queue) = WriterHandle::new(limits.waiting_commands);
        let (questions, asked) = mpsc::channel(limits.glance_questions);
        let desk = Arc::new(Desk {
            store,
            clock,
            held,
            limits,
            writer: handle,
            epoch: identity.epoch,
            tide: Tide::default(),
            at_hand: Mutex::new(AtHand::new((position, last_known), limits.numbers_at_hand)),
            questions,
            simulations: Arc::new(Semaphore::new(limits.simulations_at_once)),
            newest: watch::Sender::new(position),
            moved: Notify::new(),
        });
        let task = tokio::spawn(Writer::new(desk.clone(), queue, between).run());
        tokio::spawn(glance::answer(Arc::downgrade(&desk), asked));
        tokio::spawn(look_out(Arc::downgrade(&desk), desk.limits.position_poll));
        Ok((desk, task))
    }

    /// Answers what waits, takes no more commands and closes the ledger.
    pub async fn close(&self, writer: JoinHandle<()>) {
        self.writer.stop().await;
        if writer.is_finished() {
            tracing::info!("the writer has ended");
        } else if let Err(error) = writer.await {
            tracing::error!(error = &error as &dyn std::error::Error, "the writer did not end by itself");
        }
        if let Err(failure) = self.store.close().await {
            tracing::error!(error = &failure as &dyn std::error::Error, "the ledger did not close by itself");
        }
    }

    /// Tells everybody who waits for it that the ledger has come so far.
    fn reached(&self, position: i64) {
        self.newest.send_if_modified(|newest| {
            let further = *newest < position;
            *newest = position.max(*newest);
            further
        });
    }

    /// The epoch of the ledger's positions.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Leaves the audit row of a call that was refused before it came to the desk.
    pub async fn note_refusal(&self, caller: Option<&Caller>, method: &str, reason: &'static str) {
        self.writer.note_refusal(caller.cloned(), method.to_owned(), reason).await;
    }

    /// The present civil day.
    pub fn today(&self) -> Day {
        self.clock.now().day()
    }

    /// The present instant, at which everything recorded so far is known.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn now(&self) -> Result<Moment, Failure> {
        Ok(self.snapshot(None).await?.known)
    }

    /// The present instant where several servers share a database: by the clock of the database, or of the sandbox
    /// that they serve together.
    fn agreed(&self, present: &Present) -> Moment {
        let Some(stands) = present.sandbox_clock else { return Moment(present.now) };
        // It moves forward only, so where it stands already further another server is about to follow.
        let _ = self.clock.move_to(Moment(stands));
        self.clock.now()
    }

    /// Sets the clock of a sandbox forward, and keeps it so over a restart.
    ///
    /// # Errors
    /// The instant lies before the present one, or the storage fails.
    pub async fn move_clock(&self, caller: &Caller, to: Moment) -> Result<Moment, Failure> {
        // One move at a time: a write transaction waits while another is open.
        let write = self.store.begin().await?;
        let now = self.now().await?;
        if to < now {
            write.rollback().await?;
            return Err(Refusal::ClockBackwards { to, now }.into());
        }
        ledger::keep_sandbox_clock(&write, to.0).await?;
        let id = audit::last_id(&write).await? + 1;
        let moved = AuditRow { id, outcome: Outcome::Accepted, ..audit_row(Some(caller), "MoveClock", to) };
        audit::insert(&write, &[moved]).await?;
        write.commit().await?;
        self.moved.notify_one();
        Ok(self.clock.move_to(to).map_err(|_| Refusal::ClockBackwards { to, now })?)
    }
}

/// Asks the ledger from time to time, while somebody waits, how far it has come: what this server did not write itself
/// it is not told of. Ends with the desk.
async fn look_out(desk: Weak<Desk>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let Some(desk) = desk.upgrade() else { return };
        if desk.newest.receiver_count() == 0 {
            continue;
        }
        match ledger::last(desk.store.single()).await {
            Ok((position, _)) => desk.reached(position),
            // Whoever waits is told by its own question that the storage is away.
            Err(failure) => tracing::debug!(cause = &failure as &dyn std::error::Error, "the ledger does not answer"),
        }
    }
}
