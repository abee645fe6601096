import { Type } from "class-transformer";
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from "class-validator";

export class HandoverBody {
  /** Blank counts as none, so this is any text: an unknown team is for the engine to refuse. */
  @IsOptional()
  @IsString()
  teamId?: string;

  @IsOptional()
  @IsObject()
  context?: Record<string, unknown>;
}

export class AssignQueueBody {
  @IsOptional()
  @IsUUID()
  teamId?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

export class QueueToTeamsBody {
  @ArrayNotEmpty()
  @IsUUID(undefined, { each: true })
  teamIds!: string[];

  @IsOptional()
  @IsBoolean()
  forceOverride?: boolean;
}

export class AgentShare {
  @IsUUID()
  agentId!: string;

  @IsInt()
  @Min(1)
  @Max(500)
  count!: number;
}

export class QueueToAgentsBody {
  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => AgentShare)
  agents!: AgentShare[];
}

export class PresenceBody {
  @IsIn(["online", "offline", "away"])
  status!: string;
}
