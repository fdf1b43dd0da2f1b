//! The final state: what the ledger answers, read through the service, held against the model.

use std::collections::BTreeSet;

use krama::proto::v1;
use krama_law::answer::{Answer, Scheme, Standing};
use krama_law::calendar::Moment;
use krama_law::decision::decide;

use crate::say::{account, employments, get};
use crate::workload::Run;
use crate::workload::command::instant;
use crate::workload::model::{Paid, Person, day_of, optional_day_of};
use crate::world::{GATEWAY, OFFICER};

/// What is compared, and whether both sides say the same.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, told: &T, expected: &T) -> Result<(), String> {
    if told == expected { Ok(()) } else { Err(format!("{what}: the service says {told:?}, the model {expected:?}")) }
}

impl Run {
    async fn listed(&self) -> Vec<v1::Member> {
        let (mut members, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = v1::ListMembersRequest { page_size: 500, page_token, ..Default::default() };
            let reply = self.world.ask(OFFICER, ask).await.expect("members can be listed");
            members.extend(reply.members);
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                return members;
            }
        }
    }

    /// Meets everybody on record: learns the version of each record, and who was registered by a hire.
    pub(super) async fn meet(&mut self) -> Result<(), String> {
        let members = self.listed().await;
        same("members on record", &members.len(), &self.model.people.len())?;
        self.meet_each(members)?;
        self.hear().await
    }

    fn meet_each(&mut self, members: Vec<v1::Member>) -> Result<(), String> {
        for member in members {
            let number = member.identifiers.first().map(|number| (number.kind, number.value.clone()));
            let held = number.and_then(|number| self.model.holder(&number)).map(str::to_owned);
            let held = held.ok_or_else(|| format!("nobody is known by the numbers of {member:?}"))?;
            let mut person = self.model.people.remove(&held).expect("a person");
            if person.etag.is_some() {
                same("the version of a record", &Some(&member.etag), &person.etag.as_ref())?;
            }
            let numbers = member.identifiers.iter().map(|number| (number.kind, number.value.clone()));
            same("the numbers of a member", &numbers.collect::<BTreeSet<_>>(), &person.numbers)?;
            person.etag = Some(member.etag);
            let jobs = self.model.jobs.iter_mut().filter(|job| job.member.as_ref() == Some(&held));
            jobs.for_each(|job| job.member = Some(member.member_id.clone()));
            let is_new = held.contains(' ');
            if !is_new {
                same("the id of a member", &member.member_id, &held)?;
            }
            self.model.payments.values_mut().for_each(|paid| paid.rename(&held, &member.member_id));
            self.model.people.insert(member.member_id, person);
        }
        Ok(())
    }

    /// Hears from the feed which notices fell due, and holds what it tells of their delivery against the model.
    async fn hear(&mut self) -> Result<(), String> {
        let mut told = Vec::new();
        let after = self.heard.as_ref().map_or(0, |position| position.number);
        loop {
            let after_position = self.heard.clone();
            let ask = v1::ListChangesRequest { after_position, page_size: 500, ..Default::default() };
            let page = self.world.ask(GATEWAY, ask).await.expect("a page of changes");
            self.heard = page.position;
            for change in page.changes {
                let position = change.position.as_ref().map_or(0, |position| position.number);
                told.extend(change.deliveries.into_iter().map(|delivery| (position, delivery)));
                for notice in change.notices {
                    if !self.model.people.contains_key(&notice.member_id) {
                        return Err(format!("a notice warns somebody who is not on record: {notice:?}"));
                    }
                    self.model.notices.insert(notice.notice_id, notice.member_id);
                }
            }
            if !page.more {
                break;
            }
        }
        let deliveries = self.model.deliveries.iter().filter(|(position, _)| *position > after);
        same("deliveries of notices", &told, &deliveries.cloned().collect())
    }

    /// Holds everything that the ledger answers, after it was stopped and opened again, against the model.
    pub(super) async fn end(self) -> Result<(), String> {
        let run = Run { world: self.world.restart().await, ..self };
        let model = &run.model;
        let facts: usize = model.people.values().map(|person| person.facts.len()).sum();
        for (what, query, expected) in [
            ("commands", "SELECT count(*) FROM command", usize::try_from(model.position).expect("a number")),
            ("facts", "SELECT count(*) FROM fact", facts),
            ("payments", "SELECT count(*) FROM payment", model.payments.len()),
            ("employments", "SELECT count(*) FROM employment", model.jobs.len()),
            ("employers", "SELECT count(*) FROM employer", model.employers.len()),
            ("notices", "SELECT count(*) FROM notice", model.notices.len()),
            ("deliveries", "SELECT count(*) FROM notice_delivery", model.deliveries.len()),
            ("people", "SELECT count(DISTINCT member) FROM person", model.people.len()),
        ] {
            let held = run.world.book.number(query).await;
            same(what, &usize::try_from(held).expect("a number"), &expected)?;
        }
        run.world.book.holds_together().await;
        run.world.keeps_the_truth().await;
        for (id, person) in &model.people {
            run.member_stands(id, person).await.map_err(|wrong| format!("member {id}: {wrong}"))?;
        }
        for (id, paid) in &model.payments {
            run.payment_stands(id, paid).await.map_err(|wrong| format!("payment {id}: {wrong}"))?;
        }
        for employer in model.employers.keys() {
            run.jobs_stand(employer).await.map_err(|wrong| format!("employer {employer}: {wrong}"))?;
        }
        run.law_stands().await?;
        run.suspense_stands().await?;
        run.batches_stand().await?;
        println!("{} commands, {} positions: {:?}", run.said, model.position, model.tally);
        Ok(())
    }

    async fn member_stands(&self, id: &str, person: &Person) -> Result<(), String> {
        let reply = self.world.ask(OFFICER, get(id)).await.map_err(|status| format!("{status:?}"))?;
        let decision = reply.decision.expect("a decision");
        let known = decision.as_of.as_ref().and_then(|as_of| as_of.known_at.as_ref()).map(instant).expect("an instant");
        let answer = decide(&self.model.timeline(id), &self.model.law, self.model.today, known);
        let about = format!("after {:?}", person.facts);
        let differs = |wrong: String| format!("{wrong} {about}");
        same("standing", &decision.standing(), &standing(answer.standing)).map_err(differs)?;
        same("since", &optional_day_of(decision.since.as_ref()), &answer.since).map_err(differs)?;
        same("covers", &covers_told(&decision), &covers_of(&answer)).map_err(differs)?;
        same("covered", &decision.covered, &!answer.covers.is_empty()).map_err(differs)?;
        same("employed", &decision.employed, &(answer.standing == Standing::Employed)).map_err(differs)?;
        let counts = (decision.overdue_months.unsigned_abs(), decision.run_months.unsigned_abs());
        same("overdue months and run", &counts, &(answer.overdue, answer.run)).map_err(differs)?;
        let safe = optional_day_of(decision.last_safe_day.as_ref());
        same("last safe day", &safe, &answer.last_safe_day).map_err(differs)?;
        let reply = self.world.ask(OFFICER, account(id)).await.map_err(|status| format!("{status:?}"))?;
        let (told, money) = (reply.totals.expect("totals"), answer.money);
        let held = [
            told.months_riel,
            told.credit_riel,
            told.suspense_riel,
            told.pot_riel,
            told.surcharge_riel,
            told.reversed_riel,
            told.refunded_riel,
        ];
        let places =
            [money.on_months, money.credit, money.suspense, money.pot, money.surcharge, money.reversed, money.refunded];
        let waiting = self.model.payments.values().filter(|paid| paid.waits_for(id)).count();
        let paid = self.model.payments.values().filter(|paid| paid.member() == Some(id)).count() + waiting;
        same("payments in the account", &reply.payments.len(), &paid.min(500)).map_err(differs)?;
        if waiting == 0 {
            same("places of money", &held, &places).map_err(differs)?;
        }
        Ok(())
    }

    async fn payment_stands(&self, id: &str, paid: &Paid) -> Result<(), String> {
        let told = &paid.content;
        let ask = v1::GetPaymentByReferenceRequest {
            institution: told.institution.clone(),
            business_date: told.business_date,
            reference: told.reference.clone(),
            line: told.line,
            at_least_position: None,
        };
        let reply = self.world.ask(OFFICER, ask).await.map_err(|status| format!("{status:?}"))?;
        let held = reply.payment.ok_or("it is not found by its reference")?;
        same("id", &held.payment_id.as_str(), &id)?;
        same("member", &held.member_id.as_str(), &paid.member().unwrap_or_default())?;
        same("amount", &held.amount_riel, &told.amount_riel)?;
        same("value date", &held.value_date, &told.value_date)?;
        same("reversal", &optional_day_of(held.reversed_on.as_ref()), &paid.reversed_on())?;
        same("refund", &held.refunded_riel, &paid.refunded)
    }

    async fn jobs_stand(&self, employer: &str) -> Result<(), String> {
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = v1::ListEmploymentsRequest { page_size: 500, page_token, ..employments(employer) };
            let reply = self.world.ask(OFFICER, ask).await.map_err(|status| format!("{status:?}"))?;
            listed.extend(reply.employments);
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let told = listed.iter().map(|job| {
            let days = (day_of(job.first_day.as_ref()), optional_day_of(job.last_day.as_ref()));
            let last = job.last_position.as_ref().map_or(0, |position| position.number);
            // One that never was, or is nobody's yet, has no days that count.
            let days = (!job.retracted && job.r#match() != v1::WorkerMatch::PendingReview).then_some(days);
            (job.employment_id.as_str(), job.employment_number.as_str(), days, job.retracted, last)
        });
        let held = self.model.jobs.iter().filter(|job| job.employer == employer).map(|job| {
            let days = (!job.retracted && job.member.is_some()).then_some(job.days);
            (job.id.as_str(), job.number.as_str(), days, job.retracted, job.last)
        });
        same("employments", &told.collect::<Vec<_>>(), &held.collect::<Vec<_>>())
    }

    /// The revisions of the law, and what became of each proposal.
    async fn law_stands(&self) -> Result<(), String> {
        let told = self.world.ask(OFFICER, v1::ListPoliciesRequest::default()).await.expect("the law can be listed");
        let revisions = told.revisions.iter().map(|one| {
            let published = one.publish_time.as_ref().map(instant);
            (day_of(one.effective_day.as_ref()), published, one.in_force)
        });
        let in_force = self.model.in_force();
        let expected = self.model.law.revisions().iter().map(|one| {
            let published = Some(one.published).filter(|at| *at > Moment::MIN);
            (one.revision.effective, published, in_force == Some(one.revision.effective))
        });
        same("revisions of the law", &revisions.collect::<Vec<_>>(), &expected.collect())?;
        let proposals = told.proposals.iter().map(|one| {
            let begins = optional_day_of(one.effective_day.as_ref());
            let named = (one.proposal_id.as_str(), one.digest.as_str(), one.proposer.as_str());
            (named, begins, one.reading.as_str(), one.state())
        });
        let expected = self.model.proposals.iter().map(|one| {
            let named = (one.id.as_str(), one.digest.as_str(), one.proposer.as_str());
            (named, one.matter.begins(), one.matter.reading(), one.state)
        });
        same("proposals", &proposals.collect::<Vec<_>>(), &expected.collect())
    }

    async fn suspense_stands(&self) -> Result<(), String> {
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = v1::ListSuspenseRequest { page_size: 3, page_token, ..Default::default() };
            let reply = self.world.ask(OFFICER, ask).await.map_err(|status| format!("{status:?}"))?;
            listed.extend(reply.payments.into_iter().map(|waiting| {
                let paid = waiting.payment.expect("a payment");
                (paid.payment_id.clone(), (paid.suspense_reason(), waiting.suspense_riel))
            }));
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        listed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let expected =
            self.model.payments.iter().filter_map(|(id, paid)| Some((id.clone(), self.model.in_suspense(paid)?)));
        same("payments in suspense", &listed, &expected.collect())
    }

    async fn batches_stand(&self) -> Result<(), String> {
        for ((who, batch), told) in &self.batches {
            let listed = self.world.listed(who, batch).await;
            let seen = listed.iter().map(|line| {
                let reason = line.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
                let reason = if line.outcome() == v1::Outcome::Rejected { reason } else { String::new() };
                let position = line.position.as_ref().map(|position| position.number);
                (line.client_sequence, line.request_id.clone(), line.outcome(), position, reason)
            });
            let expected = (1..).zip(told).map(|(number, (request_id, told))| {
                let reason = told.refusal.as_ref().map(|(_, reason, _)| reason.clone()).unwrap_or_default();
                let unread = matches!(reason.as_str(), "FIELD_REQUIRED" | "FIELD_INVALID");
                let request_id = if unread { String::new() } else { request_id.clone() };
                (number, request_id, told.outcome, told.position, reason)
            });
            same(&format!("batch {batch} of {who}"), &seen.collect::<Vec<_>>(), &expected.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

fn covers_told(decision: &v1::Decision) -> Vec<(v1::Scheme, Option<i32>, Option<i32>)> {
    let day = |date| optional_day_of(date).map(|day| day.0);
    decision.covers.iter().map(|one| (one.scheme(), day(one.from_day.as_ref()), day(one.until_day.as_ref()))).collect()
}

fn covers_of(answer: &Answer) -> Vec<(v1::Scheme, Option<i32>, Option<i32>)> {
    let cover =
        |cover: &krama_law::answer::Cover| (scheme(cover.scheme), Some(cover.from.0), cover.until.map(|day| day.0));
    answer.covers.iter().map(cover).collect()
}

fn scheme(scheme: Scheme) -> v1::Scheme {
    match scheme {
        Scheme::Voluntary => v1::Scheme::Voluntary,
        Scheme::Formal => v1::Scheme::Formal,
        Scheme::RunOff => v1::Scheme::RunOff,
        Scheme::Assistance => v1::Scheme::Assistance,
        Scheme::Dependant => v1::Scheme::Dependant,
    }
}

fn standing(standing: Standing) -> v1::Standing {
    match standing {
        Standing::Closed => v1::Standing::Closed,
        Standing::Employed => v1::Standing::Employed,
        Standing::Abandoned => v1::Standing::Abandoned,
        Standing::NotEnrolled => v1::Standing::NotEnrolled,
        Standing::LapsePending => v1::Standing::LapsePending,
        Standing::InArrears => v1::Standing::InArrears,
        Standing::Current => v1::Standing::Current,
    }
}
