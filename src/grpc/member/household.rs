//! Households on the wire.

use krama_law::fact::Relation;
use tonic::{Request, Response, Status};

use crate::grpc::wire::{Fields, timestamp};
use crate::grpc::{Counter, outcome, status, ticket};
use crate::operation::member::household::Household;
use crate::proto::v1;

impl Counter {
    pub(super) async fn set_household_told(
        &self,
        request: Request<v1::SetHouseholdRequest>,
    ) -> Result<Response<v1::SetHouseholdResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let household = household(&mut fields, &message);
        let household = self.shaped(&caller, "SetHousehold", fields.finish(household)).await?;
        let recorded = self.desk.set_household(&caller, ticket, household).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::SetHouseholdResponse {
            outcome: outcome(&recorded, recorded.reply.age_unknown),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }
}

fn household(fields: &mut Fields, message: &v1::SetHouseholdRequest) -> Option<Household> {
    let member = fields.id("member_id", &message.member_id);
    let head = if message.head_member_id.is_empty() {
        None
    } else {
        let head = fields.id("head_member_id", &message.head_member_id);
        if head == member && head != 0 {
            fields.invalid("head_member_id", "must be another member; leave it empty for nobody's household");
        }
        let relation = match fields.choice::<v1::HouseholdRelation>("relation", message.relation)? {
            // What is not stated was refused already.
            v1::HouseholdRelation::Unspecified => return None,
            v1::HouseholdRelation::Child => Relation::Child,
            v1::HouseholdRelation::Spouse => Relation::Spouse,
            v1::HouseholdRelation::Other => Relation::Other,
        };
        Some((head, relation))
    };
    let from = fields.day("from_day", message.from_day.as_ref());
    let until = fields.optional_day("until_day", message.until_day.as_ref());
    if until.is_some_and(|until| until < from) {
        fields.invalid("until_day", "must not lie before from_day");
    }
    Some(Household { member, head, disabled: message.disabled, registered: message.registered_marriage, from, until })
}
