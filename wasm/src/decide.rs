use assignment_engine_core::{Answer, Failure, Need};
use js_sys::{Function, JSON, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::error::error;
use crate::{Engine, Run};

#[wasm_bindgen]
impl Engine {
    /// Decides with all facts given; `getNextIndex(contextKey, candidateCount)` is asked for the
    /// index and answers a number or a promise of one. The promise is of a decision; it rejects for
    /// a request or facts that cannot be read. A fact that is missing, and an index that cannot be
    /// had, are the outcome `error`.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn decide(
        &self,
        #[wasm_bindgen(unchecked_param_type = "object")] request: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "object")] facts: &JsValue,
        #[wasm_bindgen(
            js_name = getNextIndex,
            unchecked_param_type = "(contextKey: string, candidateCount: number) => number | PromiseLike<number>"
        )]
        get_next_index: Function,
    ) -> Promise {
        // The run is made here, and owned by the promise: while JavaScript answers, nothing of the
        // engine is borrowed.
        let run = text("request", request)
            .and_then(|request| Ok((request, text("facts", facts)?)))
            .and_then(|(request, facts)| self.start(&request, &facts, false));
        future_to_promise(async move { finish(run?, &get_next_index).await })
    }
}

async fn finish(mut run: Run, get_next_index: &Function) -> Result<JsValue, JsValue> {
    loop {
        let answer = match run.asks() {
            None => break,
            Some(Need::NextIndex {
                context_key,
                candidate_count,
            }) => {
                let (key, count) = (context_key.as_str().to_owned(), candidate_count.get());
                match ask(get_next_index, &key, count).await {
                    Ok(index) => Answer::NextIndex(index),
                    Err(failure) => Answer::Failed(failure),
                }
            }
            Some(_) => Answer::Failed(Failure {
                code: "not_answered".into(),
                message: "a fact that a rule needs was not given".into(),
            }),
        };
        run.resume(answer)?;
    }
    JSON::parse(&run.decision().unwrap_or_default())
}

async fn ask(get_next_index: &Function, key: &str, count: u32) -> Result<u32, Failure> {
    let failed = |_| Failure {
        code: "host_failed".into(),
        message: "the next index could not be had".into(),
    };
    let answer = get_next_index.call2(&JsValue::UNDEFINED, &key.into(), &count.into());
    let answer = match answer.map_err(failed)? {
        // A number needs no turn of the event loop.
        number if number.as_f64().is_some() => number,
        other => JsFuture::from(Promise::resolve(&other))
            .await
            .map_err(failed)?,
    };
    // Exact: every whole number below 2^32 is one of f64.
    answer
        .as_f64()
        .filter(|index| index.fract() == 0.0 && (0.0..f64::from(count)).contains(index))
        .map(|index| index as u32)
        .ok_or_else(|| Failure {
            code: "index_out_of_range".into(),
            message: format!("the answer is no whole number from 0 to {}", count - 1),
        })
}

fn text(what: &str, value: &JsValue) -> Result<String, JsValue> {
    // The caller's getters run here, before anything of the engine is touched.
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.ok_or_else(|| {
        let message = format!("{what}: it cannot be written as JSON");
        error("wrong_type", &message, Some(what), None)
    })
}
