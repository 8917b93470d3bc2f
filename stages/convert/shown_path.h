/* File names in messages: useful to the person at the archive, without a UID in them.
 *
 * Many archives name files and folders by their DICOM UIDs, and messages end up in status tables
 * and reports. */
#ifndef YTTRIA_CONVERT_SHOWN_PATH_H
#define YTTRIA_CONVERT_SHOWN_PATH_H

enum { SHOWN_PATH_SIZE = 256 };

/* Writes the last component of `path` into `text`, every run of 16 or more digits and dots
 * shortened to its last six characters ("MR.1.3.6.1.4.1.9590.127.dcm" -> "MR...90.127.dcm"), cut to
 * size. Returns `text`. */
const char *shown_path(const char *path, char text[SHOWN_PATH_SIZE]);

#endif
