//! Corrections of employments on the wire.

use tonic::{Request, Response, Status};

use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, member, outcome, status, ticket};
use crate::operation::caller::Role;
use crate::operation::employment::amend::{Amendment, Corrected, Replaced, Retraction};
use crate::operation::employment::named::Named;
use crate::operation::employment::rekey::{NoPayroll, Rekey};
use crate::operation::transact::{Recorded, Ticket};
use crate::proto::google_type::Date;
use crate::proto::v1;

/// How an employment is named; two neighbours are told apart by the day on which one began.
fn named(fields: &mut Fields, employer: &str, number: &str, began_on: Option<&Date>) -> Named {
    let employer = fields.id("employer_id", employer);
    fields.at_most("employment_number", number, member::NUMBER_MOST);
    let number = fields.text("employment_number", number);
    Named { employer, number, first_day: fields.optional_day("began_on", began_on) }
}

fn effect(corrected: &Corrected) -> v1::EmployerEffect {
    v1::EmployerEffect {
        reinstated: corrected.reinstated,
        benefits_from: corrected.benefits_from.map(date),
        needs_attention: false,
    }
}

pub(super) fn rekey(mut fields: Fields, message: &v1::RekeyEmploymentRequest) -> Result<(Ticket, Rekey), Status> {
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    let (employer, number) = (&message.employer_id, &message.employment_number);
    let named = named(&mut fields, employer, number, message.began_on.as_ref());
    fields.at_most("new_employment_number", &message.new_employment_number, member::NUMBER_MOST);
    let new_number = fields.text("new_employment_number", &message.new_employment_number);
    if !new_number.is_empty() && new_number == named.number {
        fields.invalid("new_employment_number", "must be another one than employment_number");
    }
    fields.finish(Some((ticket, Rekey { named, new_number })))
}

pub(super) fn no_payroll(
    mut fields: Fields,
    message: &v1::ReportNoPayrollRequest,
) -> Result<(Ticket, NoPayroll), Status> {
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    let employer = fields.id("employer_id", &message.employer_id);
    let month = fields.month("month", &message.month);
    fields.finish(month.map(|month| (ticket, NoPayroll { employer, month })))
}

impl Counter {
    /// What a correction replaces; a position must be of this ledger's epoch.
    fn replaced(&self, fields: &mut Fields, position: Option<v1::Position>, request: &str) -> Result<Replaced, Status> {
        match at_least(position) {
            Some(position) if request.is_empty() => {
                let number = self.desk.of_this_epoch(&position).map_err(|failure| status::of(&failure))?;
                return Ok(Replaced::Position(number));
            }
            Some(_) => fields.invalid("replaces_request_id", "must be empty where `replaces` is given"),
            None if request.is_empty() => fields.missing("replaces"),
            None => {}
        }
        Ok(Replaced::Request(fields.uuid("replaces_request_id", request)))
    }

    pub(super) fn amendment(
        &self,
        mut fields: Fields,
        message: v1::AmendEmploymentRequest,
    ) -> Result<(Ticket, Amendment), Status> {
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let (employer, number) = (&message.employer_id, &message.employment_number);
        let named = named(&mut fields, employer, number, message.began_on.as_ref());
        let first_day = fields.day("first_day", message.first_day.as_ref());
        let last_day = fields.optional_day("last_day", message.last_day.as_ref());
        let replaces = self.replaced(&mut fields, message.replaces, &message.replaces_request_id);
        fields.finish(Some(()))?;
        Ok((ticket, Amendment { named, replaces: replaces?, first_day, last_day }))
    }

    pub(super) fn retraction(
        &self,
        mut fields: Fields,
        message: v1::RetractEmploymentRequest,
    ) -> Result<(Ticket, Retraction), Status> {
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let (employer, number) = (&message.employer_id, &message.employment_number);
        let named = named(&mut fields, employer, number, message.began_on.as_ref());
        let replaces = self.replaced(&mut fields, message.replaces, &message.replaces_request_id);
        fields.finish(Some(()))?;
        Ok((ticket, Retraction { named, replaces: replaces? }))
    }

    /// What an amendment answers.
    pub(super) fn amended(&self, role: Role, recorded: &Recorded<Corrected>) -> v1::AmendEmploymentResponse {
        v1::AmendEmploymentResponse {
            outcome: outcome(recorded, false),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(recorded.reply.employment),
            effect: Some(effect(&recorded.reply)),
            standing_changes: self.standing_changes(role, &recorded.reply.changes),
        }
    }

    /// What a retraction answers.
    pub(super) fn retracted(&self, role: Role, recorded: &Recorded<Corrected>) -> v1::RetractEmploymentResponse {
        v1::RetractEmploymentResponse {
            outcome: outcome(recorded, false),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(recorded.reply.employment),
            effect: Some(effect(&recorded.reply)),
            standing_changes: self.standing_changes(role, &recorded.reply.changes),
        }
    }

    /// What another number answers.
    pub(super) fn rekeyed(&self, recorded: &Recorded<i64>) -> v1::RekeyEmploymentResponse {
        v1::RekeyEmploymentResponse {
            outcome: outcome(recorded, false),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(recorded.reply),
        }
    }

    /// What a month without payroll answers.
    pub(super) fn without_payroll(&self, recorded: &Recorded<()>) -> v1::ReportNoPayrollResponse {
        v1::ReportNoPayrollResponse {
            outcome: outcome(recorded, false),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
        }
    }

    pub(super) async fn amend_employment_told(
        &self,
        request: Request<v1::AmendEmploymentRequest>,
    ) -> Result<Response<v1::AmendEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = self.amendment(self.fields(), message);
        let (ticket, amendment) = self.shaped(&caller, "AmendEmployment", shaped).await?;
        let recorded = self.desk.amend_employment(&caller, ticket, amendment).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(self.amended(caller.role, &recorded)))
    }

    pub(super) async fn retract_employment_told(
        &self,
        request: Request<v1::RetractEmploymentRequest>,
    ) -> Result<Response<v1::RetractEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = self.retraction(self.fields(), message);
        let (ticket, retraction) = self.shaped(&caller, "RetractEmployment", shaped).await?;
        let recorded = self.desk.retract_employment(&caller, ticket, retraction).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(self.retracted(caller.role, &recorded)))
    }

    pub(super) async fn rekey_employment_told(
        &self,
        request: Request<v1::RekeyEmploymentRequest>,
    ) -> Result<Response<v1::RekeyEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let (ticket, rekey) = self.shaped(&caller, "RekeyEmployment", rekey(self.fields(), &message)).await?;
        let recorded = self.desk.rekey_employment(&caller, ticket, rekey).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(self.rekeyed(&recorded)))
    }

    pub(super) async fn report_no_payroll_told(
        &self,
        request: Request<v1::ReportNoPayrollRequest>,
    ) -> Result<Response<v1::ReportNoPayrollResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let (ticket, report) = self.shaped(&caller, "ReportNoPayroll", no_payroll(self.fields(), &message)).await?;
        let recorded = self.desk.report_no_payroll(&caller, ticket, report).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(self.without_payroll(&recorded)))
    }
}
