export { visibleText } from '../host/index.ts'
