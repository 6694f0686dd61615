import type { Receipt } from './receipt.ts'

export function renderReceiptPage(receipt: Receipt): string {
  return `<!doctype html>${receipt.erasure}`
}
