/**
 * Left out of generated passwords: everything but letters and digits.
 *
 * Orthanc puts the password unquoted into a connection string, expands `$` in configuration files
 * and reads a value that looks like JSON as JSON. Secrets Manager puts an upper-case letter, a
 * lower-case letter and a digit into each password, and no JSON number or word has all three.
 */
export const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ';
