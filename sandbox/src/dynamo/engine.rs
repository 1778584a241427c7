//! Runs operations by name on the embedded database, and implements the few that it lacks.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dynoxide::Database;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{failure::Failure, unopened};

/// The embedded database, and what it does not keep itself.
#[derive(Clone)]
pub(super) struct Engine {
    /// What it holds beside the file is lost when it is opened again.
    database: Arc<Mutex<Database>>,
    file: Option<String>,
    /// Tables with point-in-time recovery; not kept in the file.
    recoverable: Arc<Mutex<BTreeSet<String>>>,
    /// Resource policies by table; not kept in the file, and not evaluated.
    policies: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Engine {
    pub(super) fn in_memory() -> dynoxide::Result<Self> {
        Ok(Self::over(Database::memory()?, None))
    }

    pub(super) fn open(file: &str) -> dynoxide::Result<Self> {
        Ok(Self::over(Database::new(file)?, Some(file.to_owned())))
    }

    fn over(database: Database, file: Option<String>) -> Self {
        Self {
            database: Arc::new(Mutex::new(database)),
            file,
            recoverable: Arc::default(),
            policies: Arc::default(),
        }
    }

    /// Opens the file again; calls in progress finish on the old handle.
    pub(super) fn reopen(&self) -> io::Result<()> {
        let file = self.file.as_ref().ok_or_else(|| io::Error::other("the tables are in memory alone"))?;
        *locked(&self.database) = Database::new(file).map_err(unopened)?;
        Ok(())
    }

    /// Writes all tables to a file, which must not exist; blocks on the database.
    pub(super) fn save_to(&self, file: &str) -> io::Result<()> {
        self.database().vacuum_into(file).map_err(unopened)
    }

    /// Has the tables that were written to a file, and no others; blocks on the database.
    pub(super) fn load_from(&self, file: &str) -> io::Result<()> {
        self.database().restore_from(file).map_err(unopened)
    }

    /// Does one operation; blocks on the database.
    pub(super) fn perform(&self, operation: &str, request: &Value) -> Result<Vec<u8>, Failure> {
        let database = self.database();
        match operation {
            "CreateTable" => call(request, |request| database.create_table(request)),
            "DescribeTable" => call(request, |request| database.describe_table(request)),
            "DeleteTable" => call(request, |request| database.delete_table(request)),
            "UpdateTable" => call(request, |request| database.update_table(request)),
            "ListTables" => call(request, |request| database.list_tables(request)),
            "TagResource" => call(request, |request| database.tag_resource(request)),
            "ListTagsOfResource" => call(request, |request| database.list_tags_of_resource(request)),
            "PutItem" => call(request, |request| database.put_item(request)),
            "GetItem" => call(request, |request| database.get_item(request)),
            "UpdateItem" => call(request, |request| database.update_item(request)),
            "DeleteItem" => call(request, |request| database.delete_item(request)),
            "Query" => call(request, |request| database.query(request)),
            "BatchGetItem" => call(request, |request| database.batch_get_item(request)),
            "BatchWriteItem" => call(request, |request| database.batch_write_item(request)),
            "TransactWriteItems" => call(request, |request| database.transact_write_items(request)),
            "TransactGetItems" => call(request, |request| database.transact_get_items(request)),
            "UpdateTimeToLive" => {
                self.check_time_to_live(request)?;
                call(request, |request| database.update_time_to_live(request))
            }
            "DescribeTimeToLive" => call(request, |request| database.describe_time_to_live(request)),
            "UpdateContinuousBackups" => self.update_continuous_backups(request),
            "DescribeContinuousBackups" => self.describe_continuous_backups(request),
            "PutResourcePolicy" => self.put_resource_policy(request),
            "GetResourcePolicy" => self.get_resource_policy(request),
            "Scan" => Err(Failure::of_service(
                "AccessDeniedException",
                "User is not authorized to perform: dynamodb:Scan because no identity-based policy allows \
                 the dynamodb:Scan action",
            )),
            unknown => Err(Failure::of_service(
                "UnknownOperationException",
                &format!("{unknown} is not an operation of this stand-in"),
            )),
        }
    }

    /// All rows of a table; blocks on the database.
    pub(super) fn rows(&self, table: &str) -> Result<Vec<Value>, Failure> {
        let mut rows = Vec::new();
        let mut request = json!({ "TableName": table });
        loop {
            let answer = call(&request, |request| self.database().scan(request))?;
            let mut page: Value = serde_json::from_slice(&answer).map_err(|_| Failure::internal(500))?;
            rows.extend(page["Items"].as_array_mut().map(std::mem::take).unwrap_or_default());
            match page.get_mut("LastEvaluatedKey").map(Value::take) {
                Some(last) if last.is_object() => request["ExclusiveStartKey"] = last,
                _ => return Ok(rows),
            }
        }
    }

    /// DynamoDB refuses a change for an hour after the last one; here the hour does not end.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html>
    fn check_time_to_live(&self, request: &Value) -> Result<(), Failure> {
        let table = request["TableName"].as_str().unwrap_or_default();
        let was_on = self.database().get_table_metadata(table)?.is_some_and(|table| table.ttl_enabled);
        let shall_be_on = request["TimeToLiveSpecification"]["Enabled"].as_bool().unwrap_or_default();
        let refused = match (was_on, shall_be_on) {
            (false, true) => return Ok(()),
            (true, true) => "TimeToLive is already enabled",
            (false, false) => "TimeToLive is already disabled",
            (true, false) => "Time to live has been modified multiple times within a fixed interval",
        };
        Err(Failure::of_service("ValidationException", refused))
    }

    fn update_continuous_backups(&self, request: &Value) -> Result<Vec<u8>, Failure> {
        let table = self.existing_table(request)?;
        let wish = &request["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        let Some(enabled) = wish.as_bool() else {
            let what = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled is missing";
            return Err(Failure::of_service("ValidationException", what));
        };
        if enabled {
            self.recoverable().insert(table);
        } else {
            self.recoverable().remove(&table);
        }
        self.describe_continuous_backups(request)
    }

    fn describe_continuous_backups(&self, request: &Value) -> Result<Vec<u8>, Failure> {
        let table = self.existing_table(request)?;
        let recovery = if self.recoverable().contains(&table) {
            json!({ "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35 })
        } else {
            json!({ "PointInTimeRecoveryStatus": "DISABLED" })
        };
        let answer = json!({ "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        } });
        Ok(answer.to_string().into_bytes())
    }

    fn put_resource_policy(&self, request: &Value) -> Result<Vec<u8>, Failure> {
        let table = self.table_of_arn(request)?;
        let policy = request["Policy"].as_str().unwrap_or_default();
        if serde_json::from_str::<Value>(policy).is_err() {
            return Err(Failure::of_service("ValidationException", "Policy is not valid JSON"));
        }
        locked(&self.policies).insert(table, policy.to_owned());
        Ok(json!({ "RevisionId": "1" }).to_string().into_bytes())
    }

    fn get_resource_policy(&self, request: &Value) -> Result<Vec<u8>, Failure> {
        let table = self.table_of_arn(request)?;
        match locked(&self.policies).get(&table) {
            Some(policy) => Ok(json!({ "Policy": policy, "RevisionId": "1" }).to_string().into_bytes()),
            None => {
                let message = format!("Resource-based policy not found for the table {table}");
                Err(Failure::of_dynamodb("PolicyNotFoundException", &message))
            }
        }
    }

    fn table_of_arn(&self, request: &Value) -> Result<String, Failure> {
        let arn = request["ResourceArn"].as_str().unwrap_or_default();
        let name = arn.rsplit('/').next().unwrap_or_default();
        self.table_named(name)
    }

    fn existing_table(&self, request: &Value) -> Result<String, Failure> {
        self.table_named(request["TableName"].as_str().unwrap_or_default())
    }

    fn table_named(&self, name: &str) -> Result<String, Failure> {
        match self.database().get_table_metadata(name) {
            Ok(Some(_)) => Ok(name.to_owned()),
            Ok(None) => {
                let message = format!("Table not found: {name}");
                Err(Failure::of_dynamodb("TableNotFoundException", &message))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn database(&self) -> Database {
        locked(&self.database).clone()
    }

    fn recoverable(&self) -> MutexGuard<'_, BTreeSet<String>> {
        locked(&self.recoverable)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn call<Request, Answer>(
    request: &Value,
    operation: impl FnOnce(Request) -> dynoxide::Result<Answer>,
) -> Result<Vec<u8>, Failure>
where
    Request: DeserializeOwned,
    Answer: Serialize,
{
    let request = Request::deserialize(request).map_err(|error| Failure::unreadable(&error.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_vec(&answer).map_err(|_| Failure::internal(500))
}
