import { describe, jest } from '@jest/globals';
import { Pipeline } from './pipeline.ts';
import { pipelineCases } from './pipeline-cases.ts';

jest.setTimeout(90_000);

describe('the pipeline', () => {
  pipelineCases(() => Pipeline.start());
});
