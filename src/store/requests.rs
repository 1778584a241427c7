//! Requests: their changes and their lists. An index finds the keys, newest first; the rows themselves are read
//! consistently.
//!
//! The sort key of every list is the request's id, which begins with the creation time of the request and never
//! changes. A month, and the items after a cursor, are therefore ranges of ids; the partitions of one list merge by id.

use async_trait::async_trait;

use super::{
    DynamoStore,
    commit::{self, Marker},
    could_not,
    dynamo::read_events,
    keys::{self, Index, Key},
    rows::{self, Row},
    table::{count, first},
};
use crate::{
    domain::{
        ids::RequestId,
        request::{Recorded, Request},
        window::Month,
    },
    ports::{CommitError, Cursor, Listed, OpenRequests, OpenStatus, Page, Requests, Step, StoreError},
};

#[async_trait]
impl Requests for DynamoStore {
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.load(format!("load request {id}"), keys::request(id), Row::read).await
    }

    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError> {
        let what = format!("load event {version} of request {id}");
        self.load(what, keys::event(id, version), Row::read_event).await
    }

    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError> {
        let events = self.query_events(keys::request_pk(id)).await.and_then(read_events);
        events.map_err(could_not(format!("load the events of request {id}")))
    }

    async fn commit(&self, step: &Step) -> Result<(), CommitError> {
        let marker = Marker::of(step);
        let made = self.commit_with(step, marker).await?;
        match (marker, made) {
            // On another replica's faster clock this request had expired, and another request took the marker over.
            // Only an approval could take it back, which would change the version that the step depends on. So the
            // marker can be left alone.
            (Marker::GivenBack, Err(CommitError::Held(_))) => {
                self.commit_with(step, Marker::LeftAlone).await?
            }
            (Marker::GivenBack | Marker::HeldUntil(_) | Marker::LeftAlone, made) => made,
        }
    }

    async fn requests(
        &self,
        listed: &Listed,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page, StoreError> {
        self.page(listed, after, most).await.map_err(could_not("list requests"))
    }

    async fn open_requests(&self) -> Result<OpenRequests, StoreError> {
        let count = async |status: OpenStatus| {
            let counted = self.count_open(status).await;
            counted.map_err(could_not(format!("count the requests that are {}", status.word())))
        };
        Ok(OpenRequests {
            requested: count(OpenStatus::Requested).await?,
            approved: count(OpenStatus::Approved).await?,
        })
    }
}

impl DynamoStore {
    async fn commit_with(&self, step: &Step, marker: Marker) -> Result<Result<(), CommitError>, StoreError> {
        let Recorded { stream, number, .. } = &step.recorded;
        let what = format!("record event {number} of request {stream}");
        self.make(what, commit::step(step, marker)).await
    }

    async fn page(&self, listed: &Listed, after: Option<&Cursor>, most: usize) -> anyhow::Result<Page> {
        let (index, partitions, month) = places(listed);
        let range = ids(month, after);
        let mut found = Vec::new();
        for pk in partitions {
            found.extend(self.newest(index, pk, &range, most.saturating_add(1)).await?);
        }
        found.sort_by(|one, other| other.cmp(one));
        let goes_on = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| goes_on).cloned().map(Cursor::behind);
        let keys: Vec<Key> = found.iter().map(keys::request).collect();
        let rows = self.table.get_all(&keys).await?;
        let requests = rows.iter().map(Row::read::<Request>).collect::<Result<Vec<_>, _>>()?;
        let requests = requests.into_iter().filter(|request| is_still(listed, request)).collect();
        Ok(Page { requests, next })
    }

    /// Returns the ids in a partition of an index, within these bounds, newest first.
    async fn newest(
        &self,
        index: Index,
        pk: String,
        (from, to): &(RequestId, RequestId),
        most: usize,
    ) -> anyhow::Result<Vec<RequestId>> {
        let query = self
            .table
            .query()
            .index_name(index.name)
            .key_condition_expression(format!("{} = :pk AND {} BETWEEN :from AND :to", index.pk, index.sk))
            .expression_attribute_values(":pk", rows::text(pk))
            .expression_attribute_values(":from", rows::text(from.as_str()))
            .expression_attribute_values(":to", rows::text(to.as_str()))
            .scan_index_forward(false);
        let found = first(most, query).await?;
        Ok(found.iter().map(|row| rows::listed(row, index)).collect::<Result<_, _>>()?)
    }

    async fn count_open(&self, status: OpenStatus) -> anyhow::Result<u64> {
        let query = self
            .table
            .query()
            .index_name(keys::BY_STATUS.name)
            .key_condition_expression(format!("{} = :pk", keys::BY_STATUS.pk))
            .expression_attribute_values(":pk", rows::text(keys::open_pk(status.word())));
        count(query).await
    }
}

/// Returns the index of a list, its partitions, and its month.
fn places(listed: &Listed) -> (Index, Vec<String>, Option<Month>) {
    match listed {
        Listed::RequestedBy(requester, month) => {
            (keys::BY_PERSON, vec![keys::requester_pk(requester)], *month)
        }
        Listed::AnsweredBy(reviewer, month) => (keys::BY_PERSON, vec![keys::reviewer_pk(reviewer)], *month),
        Listed::For(target, month) => (keys::BY_TARGET, vec![keys::target_pk(target)], *month),
        Listed::Made(month) => (keys::BY_MONTH, keys::month_pks(*month).collect(), Some(*month)),
        Listed::Open(status) => (keys::BY_STATUS, vec![keys::open_pk(status.word())], None),
    }
}

/// Returns the first and the last id that a list may contain.
fn ids(month: Option<Month>, after: Option<&Cursor>) -> (RequestId, RequestId) {
    let (first, last) = match month {
        Some(month) => {
            (RequestId::new(month.starts(), 0), RequestId::new(month.next().starts(), 0).predecessor())
        }
        None => (RequestId::first(), RequestId::last()),
    };
    let last = after.map_or(last.clone(), |cursor| cursor.request().predecessor().min(last));
    (first.clone(), last.max(first))
}

/// Returns whether a request still belongs to the list in which the index, which is eventually consistent, found it.
fn is_still(listed: &Listed, request: &Request) -> bool {
    match listed {
        Listed::Open(status) => request.written_status() == status.word(),
        Listed::RequestedBy(..) | Listed::AnsweredBy(..) | Listed::For(..) | Listed::Made(_) => true,
    }
}
