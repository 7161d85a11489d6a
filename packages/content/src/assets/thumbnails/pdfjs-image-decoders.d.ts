/** The part of pdf.js that decodes JPEG 2000 outside of documents; the package has no types for it. */
declare module 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs' {
  interface WasmHandler {
    sendWithPromise(action: string, request: { kind: string; filename: string }): Promise<Uint8Array>;
  }

  export class JpxImage {
    static setOptions(options: { useWasm: boolean; useWorkerFetch: boolean; handler: WasmHandler }): void;
    /** 8 bit per channel, interleaved, as many channels as the file has but at most 4; halved `reducePower` times. */
    static decode(bytes: Uint8Array, options: { reducePower: number }): Promise<Uint8ClampedArray>;
    /** The next decode starts with a fresh instance. */
    static cleanup(): void;
  }
}
