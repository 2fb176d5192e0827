// A toolbar by the ARIA practice: one stop of the Tab key; the arrow keys, Home and End move between its buttons.

/** @param {HTMLElement} toolbar */
export function makeToolbar(toolbar) {
  toolbar.setAttribute('role', 'toolbar');
  const buttons = () => [...toolbar.querySelectorAll('button')].filter((one) => one.checkVisibility());
  let current;

  /** Makes one button the stop of the Tab key: the one that was used last, as long as it is visible. */
  function refresh(wanted = current) {
    const all = buttons();
    current = all.includes(wanted) ? wanted : all[0];
    for (const button of toolbar.querySelectorAll('button')) button.tabIndex = button === current ? 0 : -1;
  }

  toolbar.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  });
  toolbar.addEventListener('focusin', ({ target }) => refresh(target.closest('button')));
  refresh();
  return { refresh };
}
