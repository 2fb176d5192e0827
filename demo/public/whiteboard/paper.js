// Draws the board. Its coordinates are the same for everyone; only the canvas is scaled.

export const BOARD = { width: 1_600, height: 900 };

export function createPaper(canvas) {
  const context = canvas.getContext('2d');
  let draw = () => {};

  function redraw() {
    const scale = canvas.width / BOARD.width;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, BOARD.width, BOARD.height);
    context.lineCap = context.lineJoin = 'round';
    draw();
  }

  new ResizeObserver(() => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round((canvas.width * BOARD.height) / BOARD.width);
    redraw();
  }).observe(canvas);

  return {
    /** Sets the function that draws the board. */
    set onDraw(drawing) {
      draw = drawing;
      redraw();
    },
    redraw,
    line({ points, colour, width }, alpha = 1) {
      context.globalAlpha = alpha;
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(points[0], points[1]);
      // A dot is a line of zero length.
      if (points.length === 2) context.lineTo(points[0], points[1]);
      for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
      context.stroke();
      context.globalAlpha = 1;
    },
    /** The board coordinates of a pointer. */
    place({ clientX, clientY }) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const x = ((clientX - left) / width) * BOARD.width;
      const y = ((clientY - top) / height) * BOARD.height;
      return [round(x), round(y)];
    },
  };
}

const round = (value) => Math.round(value * 10) / 10;
