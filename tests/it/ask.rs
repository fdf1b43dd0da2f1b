//! Every call of the contract as one trait, so that what holds for all of them is written once.

use std::fmt::Debug;

use krama::proto::{sandbox, v1};
use prost_types::Timestamp;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// A message that one call sends.
pub(crate) trait Ask: Clone + Send + Sync + Debug + 'static {
    /// What the call answers.
    type Reply: prost::Message + PartialEq + Clone + Default + Debug;
    /// The name of the RPC.
    const RPC: &'static str;

    /// Sends the message with what the caller says of itself.
    fn send(self, to: Channel, said: MetadataMap) -> impl Future<Output = Result<Self::Reply, Status>> + Send;
}

/// A message that asks for a write.
pub(crate) trait Write: Ask<Reply: Written> {
    /// Its request id.
    fn request_id(&mut self) -> &mut String;
    /// Whether it is a rehearsal.
    fn validate_only(&mut self) -> &mut bool;
}

/// What every answer to a write tells.
pub(crate) trait Written {
    /// What became of the write.
    fn outcome(&self) -> v1::Outcome;
    /// The place of the write.
    fn position(&mut self) -> &mut Option<v1::Position>;
    /// When it was recorded.
    fn known_time(&mut self) -> &mut Option<Timestamp>;
}

macro_rules! asks {
    ($($package:ident $module:ident $client:ident { $($rpc:ident $method:ident $request:ident $reply:ident;)* })*) => {$($(
        impl Ask for $package::$request {
            type Reply = $package::$reply;
            const RPC: &'static str = stringify!($rpc);

            async fn send(self, to: Channel, said: MetadataMap) -> Result<Self::Reply, Status> {
                let mut request = Request::new(self);
                *request.metadata_mut() = said;
                $package::$module::$client::new(to).$method(request).await.map(Response::into_inner)
            }
        }
    )*)*};
}

asks! {
    v1 member_service_client MemberServiceClient {
        RegisterMember register_member RegisterMemberRequest RegisterMemberResponse;
        GetMember get_member GetMemberRequest GetMemberResponse;
        FindMember find_member FindMemberRequest FindMemberResponse;
        ListMembers list_members ListMembersRequest ListMembersResponse;
        EnrollMember enroll_member EnrollMemberRequest EnrollMemberResponse;
        ReportDeath report_death ReportDeathRequest ReportDeathResponse;
        RetractFact retract_fact RetractFactRequest RetractFactResponse;
        ExcuseMonths excuse_months ExcuseMonthsRequest ExcuseMonthsResponse;
        UpdateMember update_member UpdateMemberRequest UpdateMemberResponse;
        SetHousehold set_household SetHouseholdRequest SetHouseholdResponse;
    }
    v1 contribution_service_client ContributionServiceClient {
        RecordPayment record_payment RecordPaymentRequest RecordPaymentResponse;
        GetAccount get_account GetAccountRequest GetAccountResponse;
        QuotePayment quote_payment QuotePaymentRequest QuotePaymentResponse;
        BatchRecordPayments batch_record_payments BatchRecordPaymentsRequest BatchRecordPaymentsResponse;
        ReversePayment reverse_payment ReversePaymentRequest ReversePaymentResponse;
        GetPaymentByReference get_payment_by_reference GetPaymentByReferenceRequest GetPaymentByReferenceResponse;
        ListPayments list_payments ListPaymentsRequest ListPaymentsResponse;
        ListSuspense list_suspense ListSuspenseRequest ListSuspenseResponse;
        AssignPayment assign_payment AssignPaymentRequest AssignPaymentResponse;
        RecordRefund record_refund RecordRefundRequest RecordRefundResponse;
        ReconcileCollection reconcile_collection ReconcileCollectionRequest ReconcileCollectionResponse;
    }
    v1 employment_service_client EmploymentServiceClient {
        RegisterEmployer register_employer RegisterEmployerRequest RegisterEmployerResponse;
        GrantEmployerAccess grant_employer_access GrantEmployerAccessRequest GrantEmployerAccessResponse;
        ReportHire report_hire ReportHireRequest ReportHireResponse;
        ReportSeparation report_separation ReportSeparationRequest ReportSeparationResponse;
        ListEmployments list_employments ListEmploymentsRequest ListEmploymentsResponse;
        BatchReportTransitions batch_report_transitions BatchReportTransitionsRequest BatchReportTransitionsResponse;
        PreviewTransitions preview_transitions PreviewTransitionsRequest PreviewTransitionsResponse;
        ListBatchResults list_batch_results ListBatchResultsRequest ListBatchResultsResponse;
        AmendEmployment amend_employment AmendEmploymentRequest AmendEmploymentResponse;
        RetractEmployment retract_employment RetractEmploymentRequest RetractEmploymentResponse;
        RekeyEmployment rekey_employment RekeyEmploymentRequest RekeyEmploymentResponse;
        ReportNoPayroll report_no_payroll ReportNoPayrollRequest ReportNoPayrollResponse;
    }
    v1 coverage_service_client CoverageServiceClient {
        CheckCoverage check_coverage CheckCoverageRequest CheckCoverageResponse;
        ExplainCoverage explain_coverage ExplainCoverageRequest ExplainCoverageResponse;
        ConfirmLapse confirm_lapse ConfirmLapseRequest ConfirmLapseResponse;
        WaiveLapse waive_lapse WaiveLapseRequest WaiveLapseResponse;
        BatchCheckCoverage batch_check_coverage BatchCheckCoverageRequest BatchCheckCoverageResponse;
        ServeNotice serve_notice ServeNoticeRequest ServeNoticeResponse;
        RecordNoticeDelivery record_notice_delivery RecordNoticeDeliveryRequest RecordNoticeDeliveryResponse;
    }
    v1 change_service_client ChangeServiceClient {
        ListChanges list_changes ListChangesRequest ListChangesResponse;
        GetPosition get_position GetPositionRequest GetPositionResponse;
    }
    v1 policy_service_client PolicyServiceClient {
        ListPolicies list_policies ListPoliciesRequest ListPoliciesResponse;
        GetPolicy get_policy GetPolicyRequest GetPolicyResponse;
        CheckPolicy check_policy CheckPolicyRequest CheckPolicyResponse;
        ProposePolicy propose_policy ProposePolicyRequest ProposePolicyResponse;
        ApprovePolicy approve_policy ApprovePolicyRequest ApprovePolicyResponse;
        WithdrawProposal withdraw_proposal WithdrawProposalRequest WithdrawProposalResponse;
    }
    sandbox sandbox_service_client SandboxServiceClient {
        GetClock get_clock GetClockRequest GetClockResponse;
        MoveClock move_clock MoveClockRequest MoveClockResponse;
    }
}

/// A question that is answered by a stream, of which the first message is read.
macro_rules! streams {
    ($($request:ident $reply:ident $module:ident $client:ident $method:ident $name:literal;)*) => {$(
        impl Ask for v1::$request {
            type Reply = v1::$reply;
            const RPC: &'static str = $name;

            async fn send(self, to: Channel, said: MetadataMap) -> Result<v1::$reply, Status> {
                let mut request = Request::new(self);
                *request.metadata_mut() = said;
                let mut replies = v1::$module::$client::new(to).$method(request).await?.into_inner();
                Ok(replies.message().await?.unwrap_or_default())
            }
        }
    )*};
}

streams! {
    WatchChangesRequest WatchChangesResponse change_service_client ChangeServiceClient watch_changes "WatchChanges";
    ForecastCoverageRequest ForecastCoverageResponse coverage_service_client CoverageServiceClient
        forecast_coverage "ForecastCoverage";
    SimulatePolicyRequest SimulatePolicyResponse policy_service_client PolicyServiceClient
        simulate_policy "SimulatePolicy";
}

macro_rules! writes {
    ($($request:ident $reply:ident;)*) => {$(
        impl Write for v1::$request {
            fn request_id(&mut self) -> &mut String {
                &mut self.request_id
            }

            fn validate_only(&mut self) -> &mut bool {
                &mut self.validate_only
            }
        }

        impl Written for v1::$reply {
            fn outcome(&self) -> v1::Outcome {
                self.outcome()
            }

            fn position(&mut self) -> &mut Option<v1::Position> {
                &mut self.position
            }

            fn known_time(&mut self) -> &mut Option<Timestamp> {
                &mut self.known_time
            }
        }
    )*};
}

writes! {
    RegisterMemberRequest RegisterMemberResponse;
    EnrollMemberRequest EnrollMemberResponse;
    RecordPaymentRequest RecordPaymentResponse;
    RegisterEmployerRequest RegisterEmployerResponse;
    GrantEmployerAccessRequest GrantEmployerAccessResponse;
    ReportHireRequest ReportHireResponse;
    ReportSeparationRequest ReportSeparationResponse;
    ReversePaymentRequest ReversePaymentResponse;
    AssignPaymentRequest AssignPaymentResponse;
    RecordRefundRequest RecordRefundResponse;
    AmendEmploymentRequest AmendEmploymentResponse;
    RetractEmploymentRequest RetractEmploymentResponse;
    RekeyEmploymentRequest RekeyEmploymentResponse;
    ReportNoPayrollRequest ReportNoPayrollResponse;
    ReportDeathRequest ReportDeathResponse;
    RetractFactRequest RetractFactResponse;
    ExcuseMonthsRequest ExcuseMonthsResponse;
    UpdateMemberRequest UpdateMemberResponse;
    SetHouseholdRequest SetHouseholdResponse;
    ServeNoticeRequest ServeNoticeResponse;
    RecordNoticeDeliveryRequest RecordNoticeDeliveryResponse;
    ConfirmLapseRequest ConfirmLapseResponse;
    WaiveLapseRequest WaiveLapseResponse;
    ProposePolicyRequest ProposePolicyResponse;
    ApprovePolicyRequest ApprovePolicyResponse;
    WithdrawProposalRequest WithdrawProposalResponse;
}
