//! Records that are decided together: all of them or none, as one caller has seen them before, or for show only.

use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tonic::Status;

use crate::grpc::batch::told::{Mode, Tally};
use crate::grpc::batch::{Door, End, Numbered, Options, Records};
use crate::grpc::{Counter, status};
use crate::operation::batch::{Entrant, Slot};
use crate::operation::caller::Caller;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::foreseen::Watch;
use crate::proto::v1;

/// Records that wait for the last of them.
pub(super) struct Together<'a> {
    records: Records<'a>,
    entrants: Vec<(i64, Entrant)>,
    /// The digest of the records, where they are previewed or present the token of a preview.
    digest: Option<Sha256>,
}

impl<'a> Together<'a> {
    pub(super) fn new(records: Records<'a>, is_foreseen: bool) -> Together<'a> {
        Together { records, entrants: Vec::new(), digest: is_foreseen.then(Sha256::new) }
    }

    /// Adds a record, and answers where its fate will come.
    pub(super) fn add<D: Door>(&mut self, record: D::Record) -> Numbered<D::Answer> {
        if let Some(digest) = &mut self.digest {
            let bytes = record.encode_to_vec();
            digest.update(bytes.len().to_be_bytes());
            digest.update(&bytes);
        }
        let (entrant, numbered) = self.records.enlist::<D>(record);
        self.entrants.push((numbered.0, entrant));
        numbered
    }

    /// Hands all of them to the writer; those that present a token only if what it shows is still so.
    pub(super) async fn enter<D: Door>(self, options: &Options) -> Result<(), End> {
        let Together { records: Records { counter, caller, batch, .. }, entrants, digest } = self;
        let Some(digest) = digest else {
            let entrants = entrants.into_iter().map(|(_, entrant)| entrant).collect();
            return counter.desk.enter_together(entrants).await.map_err(End::Failed);
        };
        let stale = |failure: &Failure| End::refused(Refusal::PREVIEW_STALE, status::of(failure));
        let Some(view) = counter.desk.foreseen(caller, &digest.finalize().into(), &options.token) else {
            return Err(End::malformed("preview_token", Some("must be a token that a preview answered")));
        };
        let view = view.map_err(|failure| stale(&failure))?;
        let (watch, looked) = Watch::over(Some(view));
        let watched = |(number, entrant): (i64, Entrant)| {
            let slot = batch.map(|batch| Slot { batch, sequence: number });
            entrant.watched(&watch, caller, D::NAMES.0, number, slot)
        };
        let entrants = entrants.into_iter().map(watched).collect();
        drop(watch);
        counter.desk.enter_together(entrants).await.map_err(End::Failed)?;
        match looked.await {
            Ok(Err(why)) => Err(stale(&Refusal::PreviewStale { stale: why }.into())),
            // Where nothing was decided, or nothing could be saved, the fates tell it.
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }
}

impl Counter {
    /// Tells what many records would do, and the token that shows it, if none of them would be rejected.
    pub(in crate::grpc) async fn preview<D: Door>(
        &self,
        caller: &Caller,
        method: &str,
        records: Vec<D::Record>,
    ) -> Result<(Vec<D::Result>, v1::BatchSummary, String), Status> {
        let most = self.limits.preview_records;
        if records.len() > most {
            self.desk.note_refusal(Some(caller), method, "REQUEST_TOO_LARGE").await;
            return Err(status::too_many(most));
        }
        let mut fields = self.fields();
        if records.is_empty() {
            fields.missing("records");
        }
        self.shaped(caller, method, fields.finish(Some(()))).await?;
        let mut together = Together::new(self.records(caller, None), true);
        let under_way: Vec<_> = records.into_iter().map(|record| together.add::<D>(record)).collect();
        let (watch, looked) = Watch::over(None);
        let watched = |(number, entrant): (i64, Entrant)| entrant.watched(&watch, caller, D::NAMES.0, number, None);
        let entrants = together.entrants.into_iter().map(watched).collect();
        drop(watch);
        self.desk.enter_together(entrants).await.map_err(|failure| status::of(&failure))?;
        let options = Options { batch: [0; 16], mode: Mode::All, together: true, token: String::new() };
        let (mut tally, mut results) = (Tally::new(&options), Vec::new());
        for (sequence, fate) in under_way {
            let fate = fate.await.map_err(|failure| status::of(&failure))?;
            results.extend(tally.count::<D>(sequence, fate));
        }
        let summary = v1::BatchSummary { batch_id: String::new(), ..tally.summary(self) };
        let view = looked.await.ok().and_then(Result::ok).filter(|_| summary.rejected == 0);
        let digest = together.digest.map(|digest| digest.finalize().into());
        let token = view.zip(digest).map(|(view, digest)| self.desk.preview_token(caller, &digest, &view));
        Ok((results, summary, token.unwrap_or_default()))
    }
}
