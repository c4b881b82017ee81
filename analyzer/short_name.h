/*
 * The names of C++'s library as people write them: without the arguments that templates have anyway
 * and the namespaces that only tell versions of the library apart.
 *
 *   f(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&)
 *                                                          f(std::string const&)
 *   std::map<int, A, std::less<int>, std::allocator<std::pair<int const, A> > >::at(int const&)
 *                                                          std::map<int, A>::at(int const&)
 */
#ifndef LH_ANALYZER_SHORT_NAME_H
#define LH_ANALYZER_SHORT_NAME_H

/* In place: it never gets longer. Names of many thousand characters stay. */
void lh_shorten_name(char *name);

#endif
