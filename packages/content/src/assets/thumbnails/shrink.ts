/** Pictures as raw samples, and making them smaller by whole factors. */

export interface Picture {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, one byte each, interleaved. */
  readonly channels: number;
  readonly samples: Uint8Array;
}

/** Averages squares of `factor` x `factor` pixels; what does not fill a square at the right and bottom is averaged as it is. */
export function shrink(picture: Picture, factor: number): Picture {
  if (factor <= 1) return picture;
  const { channels } = picture;
  const width = Math.ceil(picture.width / factor);
  const height = Math.ceil(picture.height / factor);
  const samples = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let channel = 0; channel < channels; channel += 1)
        samples[(y * width + x) * channels + channel] = averageOf(picture, x, y, factor, channel);
  return { width, height, channels, samples };
}

function averageOf(picture: Picture, x: number, y: number, factor: number, channel: number): number {
  const right = Math.min((x + 1) * factor, picture.width);
  const bottom = Math.min((y + 1) * factor, picture.height);
  let sum = 0;
  for (let row = y * factor; row < bottom; row += 1)
    for (let column = x * factor; column < right; column += 1)
      sum += picture.samples[(row * picture.width + column) * picture.channels + channel] ?? 0;
  return Math.round(sum / ((right - x * factor) * (bottom - y * factor)));
}
