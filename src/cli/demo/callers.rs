//! The callers of the play: each with its own channel, its own name and the role that it has in life.

use std::collections::BTreeMap;

use crate::proto::sandbox::sandbox_service_client::SandboxServiceClient;
use crate::proto::v1::contribution_service_client::ContributionServiceClient;
use crate::proto::v1::coverage_service_client::CoverageServiceClient;
use crate::proto::v1::employment_service_client::EmploymentServiceClient;
use crate::proto::v1::member_service_client::MemberServiceClient;

use super::plan::Plan;
use crate::cli::client::{self, Caller, Wire};

/// Everybody who calls.
pub(super) struct Callers {
    /// The enrolment desk.
    pub(super) desk: MemberServiceClient<Wire>,
    /// The desk again, for employers and their payroll providers.
    pub(super) employers: EmploymentServiceClient<Wire>,
    /// Whoever owns the sandbox.
    pub(super) clock: SandboxServiceClient<Wire>,
    /// The banks, by institution.
    pub(super) banks: BTreeMap<String, ContributionServiceClient<Wire>>,
    /// The payroll providers, by name.
    pub(super) payrolls: BTreeMap<String, EmploymentServiceClient<Wire>>,
    /// The officer who looks into things while the story is told.
    pub(super) officer: Officer,
    /// A hospital.
    pub(super) hospital: CoverageServiceClient<Wire>,
}

/// An officer who reads, with a reason on record for it.
#[derive(Clone)]
pub(super) struct Officer {
    pub(super) members: MemberServiceClient<Wire>,
    pub(super) money: ContributionServiceClient<Wire>,
    pub(super) cover: CoverageServiceClient<Wire>,
}

impl Callers {
    /// Opens a channel for everybody whom the plan names.
    pub(super) async fn connect(server: &str, plan: &Plan) -> anyhow::Result<Callers> {
        let desk = client::connect(server, Caller::named("OFFICER/desk-phnom-penh")?).await?;
        let mut banks = BTreeMap::new();
        for delivery in plan.days.values().flat_map(|day| &day.deliveries) {
            if !banks.contains_key(&delivery.institution) {
                let caller = Caller::named(&format!("COLLECTOR/{}", delivery.institution))?;
                let wire = client::connect(server, caller).await?;
                banks.insert(delivery.institution.clone(), ContributionServiceClient::new(wire));
            }
        }
        let mut payrolls = BTreeMap::new();
        for employer in &plan.employers {
            if !payrolls.contains_key(&employer.provider) {
                let caller = Caller::named(&format!("PAYROLL/{}", employer.provider))?;
                let wire = client::connect(server, caller).await?;
                payrolls.insert(employer.provider.clone(), EmploymentServiceClient::new(wire));
            }
        }
        let reader = Caller::named("OFFICER/desk-phnom-penh")?.reading("chanthou", "oversight", "two-years-review")?;
        let reader = client::connect(server, reader).await?;
        let hospital = Caller::named("FACILITY/lotus-hospital")?.reading("counter-2", "care", "visit-1")?;
        Ok(Callers {
            desk: MemberServiceClient::new(desk.clone()),
            employers: EmploymentServiceClient::new(desk.clone()),
            clock: SandboxServiceClient::new(desk),
            banks,
            payrolls,
            officer: Officer {
                members: MemberServiceClient::new(reader.clone()),
                money: ContributionServiceClient::new(reader.clone()),
                cover: CoverageServiceClient::new(reader),
            },
            hospital: CoverageServiceClient::new(client::connect(server, hospital).await?),
        })
    }
}
