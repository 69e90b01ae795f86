import { describe } from '@jest/globals';
import { Pipeline } from './pipeline.ts';
import { pipelineCases } from './pipeline-cases.ts';

describe('the pipeline', () => {
  pipelineCases(() => Pipeline.start());
});
