/** Of the server. What processes of different versions share must say which one it is of. */
export const version = '0.1.0'
