//! A simulation on the wire: how far it has come, and at the end what a text of the law would change.

use krama_law::answer::{Scheme, Standing};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::grpc::wire::date;
use crate::grpc::{Counter, at_least, decision, status};
use crate::operation::failure::Failure;
use crate::operation::policy::simulation::{Counts, Simulation, Supposed};
use crate::proto::v1;
use crate::proto::v1::simulate_policy_response::Message;

pub(super) type Simulations = ReceiverStream<Result<v1::SimulatePolicyResponse, Status>>;

impl Counter {
    pub(super) async fn simulate(
        &self,
        request: Request<v1::SimulatePolicyRequest>,
    ) -> Result<Response<Simulations>, Status> {
        use v1::simulate_policy_request::Policy;
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let as_of = fields.optional_day("as_of", message.as_of.as_ref());
        let supposed = match message.policy {
            Some(Policy::ProposalId(id)) => Some(Supposed::Proposal(fields.id("proposal_id", &id))),
            Some(Policy::Document(document)) if !document.trim().is_empty() => Some(Supposed::Document(document)),
            Some(Policy::Document(_)) => {
                fields.missing("document");
                None
            }
            None => {
                fields.missing("policy");
                None
            }
        };
        let shaped = fields.finish(supposed);
        let supposed = self.shaped(&caller, "SimulatePolicy", shaped).await?;
        let begun = self.desk.simulation(&supposed, as_of, at_least(message.at_least_position)).await;
        let begun = self.looked(&caller, "SimulatePolicy", begun).await?;
        let (out, replies) = mpsc::channel(1);
        tokio::spawn(self.clone().send_simulation(begun.answer, begun.position, out));
        Ok(Response::new(ReceiverStream::new(replies)))
    }

    async fn send_simulation(
        self,
        mut simulation: Simulation,
        position: i64,
        out: mpsc::Sender<Result<v1::SimulatePolicyResponse, Status>>,
    ) {
        loop {
            let more = tokio::select! {
                biased;
                () = self.drains() => Err(Failure::Stopping),
                () = out.closed() => return,
                more = self.desk.simulate(&mut simulation) => more,
            };
            let message = match &more {
                Err(failure) => Err(status::of(failure)),
                Ok(true) => Ok(Message::Progress(v1::SimulationProgress {
                    members: whole(simulation.counted.members),
                    members_total: whole(simulation.members),
                })),
                Ok(false) => Ok(Message::Result(v1::SimulationResult {
                    position: self.position(position),
                    ..result(&simulation)
                })),
            };
            let response = message.map(|message| v1::SimulatePolicyResponse { message: Some(message) });
            if out.send(response).await.is_err() || !matches!(more, Ok(true)) {
                return;
            }
        }
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn result(simulation: &Simulation) -> v1::SimulationResult {
    let counted: &Counts = &simulation.counted;
    let standing = |standing: Standing| {
        let [before, after] = counted.standing(standing).map(whole);
        v1::StandingCount { standing: decision::standing(standing).into(), before, after }
    };
    let moved = counted.moves.iter().filter(|((before, after), _)| before != after);
    let scheme = |(scheme, members): (&Scheme, &[u64; 2])| {
        let [before, after] = members.map(whole);
        v1::SchemeCount { scheme: decision::scheme(*scheme).into(), before, after }
    };
    v1::SimulationResult {
        effective_day: simulation.effective.map(date),
        as_of: Some(date(simulation.day)),
        members: whole(counted.members),
        standings: counted.standings().into_iter().map(standing).collect(),
        moves: moved
            .map(|((before, after), members)| v1::StandingMove {
                before: decision::standing(*before).into(),
                after: decision::standing(*after).into(),
                members: whole(*members),
            })
            .collect(),
        covered_before: whole(counted.covered[0]),
        covered_after: whole(counted.covered[1]),
        gained_cover: whole(counted.gained),
        lost_cover: whole(counted.lost),
        schemes: counted.schemes.iter().map(scheme).collect(),
        doors: counted
            .doors
            .iter()
            .map(|(kind, [before, after])| v1::DoorCount {
                kind: decision::door_kind(*kind).into(),
                before: whole(before.members),
                after: whole(after.members),
                price_before_riel: before.price,
                price_after_riel: after.price,
            })
            .collect(),
        position: None,
    }
}
