export { LineLimit, type LineRate } from '../host/index.ts'
