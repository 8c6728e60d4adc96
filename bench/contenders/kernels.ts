/** CPU-bound kernels, plain and metered: see `../metering.ts`. */
import { answerQuestions } from '../contender.ts'
import { measureMetering } from '../metering.ts'

answerQuestions({ measure: measureMetering })
