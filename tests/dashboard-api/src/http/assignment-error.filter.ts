import { Catch, HttpException, HttpStatus, type ArgumentsHost } from "@nestjs/common";
import { BaseExceptionFilter } from "@nestjs/core";
import { AssignmentEngineError } from "assignment-engine";

/** What the assignment service refuses, as HTTP says it. */
@Catch()
export class AssignmentErrorFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    super.catch(AssignmentEngineError.is(error) ? asHttp(error) : error, host);
  }
}

function asHttp(error: AssignmentEngineError): HttpException {
  const status = STATUS[error.code] ?? HttpStatus.SERVICE_UNAVAILABLE;
  const body = { statusCode: status, code: error.code, message: error.message };
  return new HttpException(body, status, { cause: error });
}

/** Anything else is a store or a counter that does not answer: worth another try later. */
const STATUS: Partial<Record<string, HttpStatus>> = {
  unknown_session: HttpStatus.NOT_FOUND,
  unknown_team: HttpStatus.NOT_FOUND,
  unknown_agent: HttpStatus.NOT_FOUND,
  invalid_value: HttpStatus.BAD_REQUEST,
  wrong_type: HttpStatus.BAD_REQUEST,
};
