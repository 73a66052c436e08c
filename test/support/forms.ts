const BOUNDARY = 'test-boundary-7d0f2a1c';

/** A file of a form. */
export interface FormFile {
  readonly name: string;
  readonly content: string | Buffer;
}

/** The headers and the body of a `multipart/form-data` request, byte for byte. */
export function aForm(...files: readonly FormFile[]): { headers: Record<string, string>; body: Buffer } {
  const parts = files.flatMap(({ name, content }, index) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file${index}"; filename="${name}"\r\n` +
        'Content-Type: application/json\r\n\r\n',
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}
