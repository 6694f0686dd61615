import { relative } from 'node:path'
