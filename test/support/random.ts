export { Random } from '../../src/torture/random';
