use std::sync::Arc;

use redis::{Value, cmd};
use tokio::task::JoinSet;

use super::line::Line;
use super::reply::Teller;
use super::target::{Layout, Login, Place, Target};
use crate::provider::{ProviderError, ProviderErrorKind};

/// Where the master is, as the first sentinel says that answers.
///
/// All are asked at once, so one that is down or frozen costs no time. What the first one says
/// may be old: then the server there answers as a replica, its line is left, and the sentinels
/// are asked again.
pub(super) async fn master(
    target: &Arc<Target>,
    name: &str,
    sentinels: Vec<Place>,
) -> Result<Place, ProviderError> {
    let mut asked = JoinSet::new();
    for sentinel in sentinels {
        let (target, name) = (Arc::clone(target), name.to_owned());
        asked.spawn(async move { ask(&target, &sentinel, &name).await });
    }
    let mut told = None;
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(place)) => return Ok(place),
            // A sentinel that says no says more than one that says nothing.
            Ok(Err(error)) => {
                let says_more = error.kind() != ProviderErrorKind::Unreachable;
                if told.is_none() || says_more {
                    told = Some(error);
                }
            }
            Err(_) => {}
        }
    }
    Err(told.unwrap_or_else(|| target.teller("").unreachable("no sentinel answers")))
}

async fn ask(target: &Arc<Target>, sentinel: &Place, name: &str) -> Result<Place, ProviderError> {
    let nobody = Login::default();
    let login = match &target.layout {
        Layout::Sentinel { login, .. } => login,
        _ => &nobody,
    };
    let teller = target.teller("");
    let line = Line::open(target, sentinel, login, 0).await?;
    let mut question = cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg(name);
    let answer = teller.value(line.send(&question).await)?;
    read(&answer, &teller)
}

fn read(answer: &Value, teller: &Teller<'_>) -> Result<Place, ProviderError> {
    match answer {
        Value::Nil => Err(teller.unknown_master()),
        Value::Array(words) => match words.as_slice() {
            [Value::BulkString(host), Value::BulkString(port)] => {
                let host = String::from_utf8(host.clone()).ok();
                let port = str::from_utf8(port).ok().and_then(|port| port.parse().ok());
                let place = host.zip(port).map(|(host, port)| Place::Tcp(host, port));
                place.ok_or_else(|| teller.error(ProviderErrorKind::Protocol))
            }
            _ => Err(teller.error(ProviderErrorKind::Protocol)),
        },
        _ => Err(teller.error(ProviderErrorKind::Protocol)),
    }
}
