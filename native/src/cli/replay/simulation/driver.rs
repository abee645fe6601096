use assignment_engine_core::{Answer, Decision, Engine, Failure, Input, Need, ResumeError, Step};

use crate::provider::{ProviderError, RoundRobinContextProvider, TurnRequest};

/// The loop of a driver whose facts are all at hand: only the rotation is ever asked.
pub(super) async fn decide(
    engine: &Engine,
    input: Input<'_>,
    provider: &dyn RoundRobinContextProvider,
) -> Result<Result<Decision, ResumeError>, ProviderError> {
    let mut step = engine.start(input);
    loop {
        let (need, run) = match step {
            Step::Done(decision) => return Ok(Ok(decision)),
            Step::Need(need, run) => (need, run),
        };
        let answer = match need {
            Need::NextIndex {
                context_key,
                candidate_count,
            } => Answer::NextIndex(
                provider
                    .get_next_index(&context_key, candidate_count.get())
                    .await?,
            ),
            Need::Turn {
                context_key,
                rotation,
                candidates,
            } => {
                let asked = TurnRequest {
                    context_key,
                    rotation,
                    candidates,
                    now: input.request.now,
                };
                Answer::NextIndex(provider.take_turn(&asked).await?.value.index)
            }
            need => {
                let message = format!("a replay has no answer to {need:?}");
                Answer::Failed(Failure {
                    code: "no_answer".into(),
                    message,
                })
            }
        };
        step = match engine.resume(run, input, answer) {
            Ok(step) => step,
            Err(error) => return Ok(Err(error)),
        };
    }
}
