/** The icons of the panel: 16 × 16 each, drawn by one path. */
export const ICONS = {
  pause: 'M5 3.5v9M11 3.5v9',
  play: 'M5 3l7.5 5L5 13z',
  save: 'M8 2v8.5M4.5 7.5L8 11l3.5-3.5M3 13.5h10',
  open: 'M8 11V2.5M4.5 6L8 2.5 11.5 6M3 13.5h10',
  bottom: 'M2 3h12v10H2zM2 9.5h12',
  right: 'M2 3h12v10H2zM9.5 3v10',
  collapse: 'M3.5 6L8 10.5 12.5 6',
  expand: 'M3.5 10L8 5.5l4.5 4.5',
  closeLog: 'M4 2.5h5l3 3v8H4zM6.5 7.5l3 3M9.5 7.5l-3 3',
  yes: 'M3 8.5l3.5 3.5L13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  clear: 'M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM4.2 4.2l7.6 7.6',
} as const;
