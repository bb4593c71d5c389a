/** What a password must be like; the form says it, Better Auth holds to it. */
export const PASSWORD_MIN_LENGTH = 8;
export const PASSWORD_MAX_LENGTH = 128;
