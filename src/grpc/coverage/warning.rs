//! Losses that are coming, and the notices of them, on the wire.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, decision, outcome, status, ticket};
use crate::operation::coverage::forecast::{Forecast, Outlook};
use crate::operation::coverage::notice::{Delivery, Service, State};
use crate::operation::failure::Failure;
use crate::operation::reading::Reading;
use crate::proto::v1;

/// Members in one message of a forecast.
const MEMBERS_A_MESSAGE: usize = 256;

pub(super) type Forecasts = ReceiverStream<Result<v1::ForecastCoverageResponse, Status>>;

impl Counter {
    pub(super) async fn forecast(
        &self,
        request: Request<v1::ForecastCoverageRequest>,
    ) -> Result<Response<Forecasts>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let until = fields.day("until_day", message.until_day.as_ref());
        let until = self.shaped(&caller, "ForecastCoverage", fields.finish(Some(until))).await?;
        let outlook = self.desk.outlook(until, at_least(message.at_least_position)).await;
        let outlook = self.looked(&caller, "ForecastCoverage", outlook).await?;
        let (out, replies) = mpsc::channel(1);
        tokio::spawn(self.clone().send_forecasts(outlook, out));
        Ok(Response::new(ReceiverStream::new(replies)))
    }

    async fn send_forecasts(
        self,
        outlook: Reading<Outlook>,
        out: mpsc::Sender<Result<v1::ForecastCoverageResponse, Status>>,
    ) {
        let Reading { position, answer: Outlook { known, losses } } = outlook;
        for part in losses.chunks(MEMBERS_A_MESSAGE) {
            let forecasts = tokio::select! {
                biased;
                () = self.drains() => Err(Failure::Stopping),
                forecasts = self.desk.forecasts(known, part) => forecasts,
            };
            let message =
                forecasts.map_err(|failure| status::of(&failure)).map(|forecasts| v1::ForecastCoverageResponse {
                    forecasts: forecasts.iter().map(forecast).collect(),
                    position: self.position(position),
                });
            let ends = message.is_err();
            if out.send(message).await.is_err() || ends {
                return;
            }
        }
        if losses.is_empty() {
            // Who asked learns at least of when nobody is in danger.
            let nobody = v1::ForecastCoverageResponse { forecasts: Vec::new(), position: self.position(position) };
            drop(out.send(Ok(nobody)).await);
        }
    }

    pub(super) async fn serve_notice_told(
        &self,
        request: Request<v1::ServeNoticeRequest>,
    ) -> Result<Response<v1::ServeNoticeResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        let on = fields.day("on", message.on.as_ref());
        let channel = channel(&mut fields, message.channel);
        let notice = (!message.notice_id.is_empty()).then(|| fields.id("notice_id", &message.notice_id));
        let service = channel.map(|channel| Service { member, on, channel, notice });
        let service = self.shaped(&caller, "ServeNotice", fields.finish(service)).await?;
        let recorded = self.desk.serve_notice(&caller, ticket, service).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ServeNoticeResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            fact_id: if ticket.validate_only { String::new() } else { id_text(recorded.reply.fact) },
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
            texts: recorded.reply.notice.iter().flat_map(|notice| self.notice_texts(notice)).collect(),
        }))
    }

    pub(super) async fn record_notice_delivery_told(
        &self,
        request: Request<v1::RecordNoticeDeliveryRequest>,
    ) -> Result<Response<v1::RecordNoticeDeliveryResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let notice = fields.id("notice_id", &message.notice_id);
        let state = state(&mut fields, message.state);
        let channel = channel(&mut fields, message.channel);
        let on = fields.optional_day("on", message.on.as_ref());
        let delivery = state.zip(channel).map(|(state, channel)| Delivery { notice, state, channel, on });
        let delivery = self.shaped(&caller, "RecordNoticeDelivery", fields.finish(delivery)).await?;
        let recorded = self.desk.record_notice_delivery(&caller, ticket, delivery).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::RecordNoticeDeliveryResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }
}

fn forecast(forecast: &Forecast) -> v1::Forecast {
    v1::Forecast {
        member_id: id_text(forecast.member),
        standing: decision::standing(forecast.standing).into(),
        last_safe_day: Some(date(forecast.last_safe_day)),
        least_amount_riel: forecast.least_amount,
        contested: forecast.contested,
    }
}

fn channel(fields: &mut Fields, number: i32) -> Option<i16> {
    let channel = fields.choice::<v1::NoticeChannel>("channel", number)?;
    i16::try_from(i32::from(channel)).ok()
}

fn state(fields: &mut Fields, number: i32) -> Option<State> {
    match fields.choice::<v1::DeliveryState>("state", number)? {
        // What is not stated was refused already.
        v1::DeliveryState::Unspecified => None,
        v1::DeliveryState::Sent => Some(State::Sent),
        v1::DeliveryState::Delivered => Some(State::Delivered),
        v1::DeliveryState::Failed => Some(State::Failed),
        v1::DeliveryState::Expired => Some(State::Expired),
    }
}
