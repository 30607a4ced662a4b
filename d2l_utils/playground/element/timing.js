// When something is done that is asked for again and again.

// With the next picture of the screen, however often it is asked for until then.
export function withNextFrame(action) {
  let isWaiting = false;
  const act = () => {
    isWaiting = false;
    action();
  };
  return () => {
    if (!isWaiting) requestAnimationFrame(act);
    isWaiting = true;
  };
}

// This many milliseconds after it was last asked for.
export function settledAfter(milliseconds, action) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}
