//! Roles: the matrix of the contract as people read it, and the same matrix as the server keeps it.

use std::collections::{BTreeMap, BTreeSet};

use krama::grpc::gate::Matrix;
use krama::proto::{DESCRIPTORS, sandbox, v1};
use tonic::Code;
use tonic::metadata::MetadataValue;
use tonic_types::StatusExt as _;

use crate::ask::Ask;
use crate::refusal::{No, denied, no};
use crate::say::{account, check, employments, explain, get, quote};
use crate::world::{FACILITY, OFFICER, World, said, saying};

const TODAY: &str = "2026-03-10";
const MATRIX: &str = include_str!("roles.txt");
/// How many RPCs correct or look up what was recorded.
const CORRECTIONS: usize = 15;
/// How many tell of what changes and what is coming, or ask about many.
const WARNINGS: usize = 8;
/// How many RPCs are about the law and about lapses that wait.
const LAWS: usize = 9;
const ROLES: [&str; 10] = [
    "PAYROLL",
    "COLLECTOR",
    "FACILITY",
    "POVERTY_REGISTRY",
    "AGENT",
    "MEMBER",
    "OFFICER",
    "SUPERVISOR",
    "SERVICE",
    "AUDITOR",
];

/// Who may call an RPC, by the matrix in the file.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut allowed = BTreeMap::new();
    for line in MATRIX.lines() {
        let (path, roles) = line.split_once("  ").expect("a path and roles");
        let roles = roles.split_once("  (").map_or(roles, |(roles, _)| roles);
        let rpc = path.rsplit('/').next().expect("an RPC");
        allowed.insert(rpc, roles.split(' ').collect());
    }
    allowed
}

#[test]
fn the_matrix_of_the_contract_is_the_one_that_was_agreed() {
    let matrix = Matrix::read(DESCRIPTORS).expect("the contract has a matrix").to_text();
    assert_eq!(matrix, MATRIX, "if this is meant, change tests/it/roles.txt in the same commit");
}

/// Calls an RPC in every role: the others get past the gate, and to nobody else is anything told.
async fn every_role<A: Ask + Default>(world: &World, tried: &mut BTreeSet<&'static str>) {
    let allowed = &allowed()[A::RPC];
    for role in ROLES {
        let who = format!("{role}/somebody");
        if allowed.contains(role) {
            let reply = world.ask(&who, A::default()).await;
            let reason = reply.err().and_then(|status| status.get_details_error_info()).map(|info| info.reason);
            assert_ne!(reason.as_deref(), Some("ROLE_NOT_ALLOWED"), "{role} may call {}", A::RPC);
        } else {
            let told = world.refuses(&who, A::default(), denied("ROLE_NOT_ALLOWED")).await;
            assert_eq!((told.metadata["role"].as_str(), told.metadata["method"].as_str()), (role, A::RPC));
        }
        // The entry of a refusal at the counter comes after its answer; the next call waits for it.
        settled(world).await;
    }
    let nobody = no(Code::Unauthenticated, "CALLER_MISSING");
    world.refuses_saying(saying(&[]), A::default(), nobody, "").await;
    tried.insert(A::RPC);
}

/// Waits until what was refused before is in the audit: a write stands behind it in the one queue.
async fn settled(world: &World) {
    let rehearsal = v1::RegisterEmployerRequest { validate_only: true, ..crate::say::employer("settled") };
    world.ask(OFFICER, rehearsal).await.expect("a rehearsal");
}

#[tokio::test]
async fn members_and_contributions_are_for_their_roles_only() {
    let world = World::on(TODAY).await;
    let mut tried = BTreeSet::new();
    every_role::<v1::RegisterMemberRequest>(&world, &mut tried).await;
    every_role::<v1::GetMemberRequest>(&world, &mut tried).await;
    every_role::<v1::FindMemberRequest>(&world, &mut tried).await;
    every_role::<v1::ListMembersRequest>(&world, &mut tried).await;
    every_role::<v1::EnrollMemberRequest>(&world, &mut tried).await;
    every_role::<v1::RecordPaymentRequest>(&world, &mut tried).await;
    every_role::<v1::GetAccountRequest>(&world, &mut tried).await;
    every_role::<v1::QuotePaymentRequest>(&world, &mut tried).await;
    every_role::<v1::RecordPaymentsRequest>(&world, &mut tried).await;
    every_role::<v1::BatchRecordPaymentsRequest>(&world, &mut tried).await;
    assert_eq!(tried.len(), 10);
}

#[tokio::test]
async fn employment_coverage_and_the_clock_are_for_their_roles_only() {
    let world = World::on(TODAY).await;
    let mut tried = BTreeSet::new();
    every_role::<v1::RegisterEmployerRequest>(&world, &mut tried).await;
    every_role::<v1::GrantEmployerAccessRequest>(&world, &mut tried).await;
    every_role::<v1::ReportHireRequest>(&world, &mut tried).await;
    every_role::<v1::ReportSeparationRequest>(&world, &mut tried).await;
    every_role::<v1::ListEmploymentsRequest>(&world, &mut tried).await;
    every_role::<v1::ReportTransitionsRequest>(&world, &mut tried).await;
    every_role::<v1::BatchReportTransitionsRequest>(&world, &mut tried).await;
    every_role::<v1::PreviewTransitionsRequest>(&world, &mut tried).await;
    every_role::<v1::ListBatchResultsRequest>(&world, &mut tried).await;
    every_role::<v1::CheckCoverageRequest>(&world, &mut tried).await;
    every_role::<v1::ExplainCoverageRequest>(&world, &mut tried).await;
    every_role::<sandbox::GetClockRequest>(&world, &mut tried).await;
    every_role::<sandbox::MoveClockRequest>(&world, &mut tried).await;
    assert_eq!(tried.len() + 10 + CORRECTIONS + WARNINGS + LAWS, allowed().len(), "an RPC is in no list: {tried:?}");
}

#[tokio::test]
async fn the_feed_and_warnings_are_for_their_roles_only() {
    let world = World::on(TODAY).await;
    let mut tried = BTreeSet::new();
    every_role::<v1::WatchChangesRequest>(&world, &mut tried).await;
    every_role::<v1::ListChangesRequest>(&world, &mut tried).await;
    every_role::<v1::GetPositionRequest>(&world, &mut tried).await;
    every_role::<v1::BatchCheckCoverageRequest>(&world, &mut tried).await;
    every_role::<v1::ForecastCoverageRequest>(&world, &mut tried).await;
    every_role::<v1::ServeNoticeRequest>(&world, &mut tried).await;
    every_role::<v1::RecordNoticeDeliveryRequest>(&world, &mut tried).await;
    every_role::<v1::SetHouseholdRequest>(&world, &mut tried).await;
    assert_eq!(tried.len(), WARNINGS);
}

#[tokio::test]
async fn the_law_and_pending_lapses_are_for_their_roles_only() {
    let world = World::on(TODAY).await;
    let mut tried = BTreeSet::new();
    every_role::<v1::ListPoliciesRequest>(&world, &mut tried).await;
    every_role::<v1::GetPolicyRequest>(&world, &mut tried).await;
    every_role::<v1::CheckPolicyRequest>(&world, &mut tried).await;
    every_role::<v1::ProposePolicyRequest>(&world, &mut tried).await;
    every_role::<v1::ApprovePolicyRequest>(&world, &mut tried).await;
    every_role::<v1::WithdrawProposalRequest>(&world, &mut tried).await;
    every_role::<v1::SimulatePolicyRequest>(&world, &mut tried).await;
    every_role::<v1::ConfirmLapseRequest>(&world, &mut tried).await;
    every_role::<v1::WaiveLapseRequest>(&world, &mut tried).await;
    assert_eq!(tried.len(), LAWS);
}

#[tokio::test]
async fn corrections_are_for_their_roles_only() {
    let world = World::on(TODAY).await;
    let mut tried = BTreeSet::new();
    every_role::<v1::ReversePaymentRequest>(&world, &mut tried).await;
    every_role::<v1::GetPaymentByReferenceRequest>(&world, &mut tried).await;
    every_role::<v1::ListPaymentsRequest>(&world, &mut tried).await;
    every_role::<v1::ListSuspenseRequest>(&world, &mut tried).await;
    every_role::<v1::AssignPaymentRequest>(&world, &mut tried).await;
    every_role::<v1::RecordRefundRequest>(&world, &mut tried).await;
    every_role::<v1::ReconcileCollectionRequest>(&world, &mut tried).await;
    every_role::<v1::AmendEmploymentRequest>(&world, &mut tried).await;
    every_role::<v1::RetractEmploymentRequest>(&world, &mut tried).await;
    every_role::<v1::RekeyEmploymentRequest>(&world, &mut tried).await;
    every_role::<v1::ReportNoPayrollRequest>(&world, &mut tried).await;
    every_role::<v1::ReportDeathRequest>(&world, &mut tried).await;
    every_role::<v1::RetractFactRequest>(&world, &mut tried).await;
    every_role::<v1::ExcuseMonthsRequest>(&world, &mut tried).await;
    every_role::<v1::UpdateMemberRequest>(&world, &mut tried).await;
    assert_eq!(tried.len(), CORRECTIONS);
}

#[tokio::test]
async fn who_cannot_be_understood_is_not_believed() {
    let world = World::on(TODAY).await;
    let invalid = no(Code::Unauthenticated, "CALLER_INVALID");
    let long = format!("OFFICER/{}", "x".repeat(300));
    for caller in [
        "OFFICER",
        "OFFICER/",
        "officer/desk-1",
        "KING/a",
        "OFFICER/a b",
        "PAYROLL/a;employer=1",
        "PAYROLL/a;as=b",
        &long,
    ] {
        let said = saying(&[("krama-caller", caller)]);
        world.refuses_saying(said, v1::RecordPaymentRequest::default(), invalid, "").await;
    }
    let mut twice = said(OFFICER);
    twice.append("krama-caller", MetadataValue::from_static("OFFICER/desk-9"));
    world.refuses_saying(twice, v1::RecordPaymentRequest::default(), invalid, "").await;
    let confined = format!("{OFFICER};employer={}", world.employer("E-1").await);
    let confined = saying(&[("krama-caller", &confined)]);
    world.refuses_saying(confined, v1::RecordPaymentRequest::default(), invalid, "").await;
}

/// Sees a read refused for each thing that it does not say.
async fn says_why<A: Ask>(world: &World, who: &str, ask: A) {
    let pairs = [("krama-caller", who), ("krama-user", "vanna"), ("krama-purpose", "care"), ("krama-case", "case-7")];
    let caller = crate::world::id_in(who);
    let missing: No = no(Code::InvalidArgument, "PURPOSE_MISSING");
    for key in ["krama-user", "krama-purpose", "krama-case"] {
        let without: Vec<_> = pairs.into_iter().filter(|(name, _)| *name != key).collect();
        let told = world.refuses_saying(saying(&without), ask.clone(), missing, caller).await;
        assert_eq!(told.metadata["key"], key, "{}", A::RPC);
        let empty: Vec<_> =
            pairs.into_iter().map(|(name, text)| (name, if name == key { " " } else { text })).collect();
        let told = world.refuses_saying(saying(&empty), ask.clone(), missing, caller).await;
        assert_eq!(told.metadata["key"], key, "{}", A::RPC);
    }
    let curious: Vec<_> = pairs
        .into_iter()
        .map(|(name, text)| (name, if name == "krama-purpose" { "curiosity" } else { text }))
        .collect();
    let told = world.refuses_saying(saying(&curious), ask, missing, caller).await;
    assert_eq!(told.metadata["key"], "krama-purpose", "{}", A::RPC);
}

#[tokio::test]
async fn a_read_about_a_person_names_who_looks_and_why() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let employer = world.employer("E-1").await;
    says_why(&world, OFFICER, get(&member)).await;
    says_why(&world, OFFICER, v1::FindMemberRequest::default()).await;
    says_why(&world, OFFICER, v1::ListMembersRequest::default()).await;
    says_why(&world, OFFICER, account(&member)).await;
    says_why(&world, OFFICER, quote(&member)).await;
    says_why(&world, OFFICER, employments(&employer)).await;
    says_why(&world, OFFICER, v1::GetPaymentByReferenceRequest::default()).await;
    says_why(&world, OFFICER, v1::ListPaymentsRequest::default()).await;
    says_why(&world, OFFICER, v1::ListSuspenseRequest::default()).await;
    says_why(&world, FACILITY, check(1)).await;
    says_why(&world, OFFICER, explain(&member)).await;
}

#[tokio::test]
async fn a_role_is_refused_before_anything_else_is_said_about_the_call() {
    let world = World::on(TODAY).await;
    let curious = saying(&[("krama-caller", "COLLECTOR/apsara-bank"), ("krama-purpose", "curiosity")]);
    let ask = v1::GetMemberRequest::default();
    world.refuses_saying(curious, ask, denied("ROLE_NOT_ALLOWED"), "apsara-bank").await;
}

#[tokio::test]
async fn a_write_needs_no_purpose_and_is_noted_with_the_person_behind_it() {
    let world = World::on(TODAY).await;
    let bare = saying(&[("krama-caller", OFFICER)]);
    crate::say::registration(1).send(world.channel.clone(), bare).await.expect("a write without a purpose");
    let last = world.book.last_audit().await;
    crate::say::registration(2).send(world.channel.clone(), said(OFFICER)).await.expect("a write with a purpose");
    let entries = world.book.audit_after(last).await;
    assert_eq!((entries[0].user.as_str(), entries[0].role), ("vanna", 7));
}
