#include "dies.h"

bool lh_die_child(Dwarf_Die *die, Dwarf_Die *ret)
{
    return dwarf_child(die, ret) == 0;
}

bool lh_die_next(Dwarf_Die *die)
{
    Dwarf_Off before = dwarf_dieoffset(die);

    return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > before;
}

bool lh_die_refers(Dwarf_Die *die, unsigned int attribute, Dwarf_Die *ret)
{
    Dwarf_Attribute found;

    return dwarf_attr_integrate(die, attribute, &found) && dwarf_formref_die(&found, ret);
}

bool lh_die_number(Dwarf_Die *die, unsigned int attribute, uint64_t *ret)
{
    Dwarf_Attribute found;
    Dwarf_Word number;

    if (!dwarf_attr(die, attribute, &found) || dwarf_formudata(&found, &number) != 0)
        return false;
    *ret = number;
    return true;
}

bool lh_die_flag(Dwarf_Die *die, unsigned int attribute)
{
    Dwarf_Attribute found;
    bool set = false;

    return dwarf_attr(die, attribute, &found) && dwarf_formflag(&found, &set) == 0 && set;
}

const char *lh_die_linkage_name(Dwarf_Die *die)
{
    Dwarf_Attribute found;

    if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &found) &&
        !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &found))
        return NULL;
    return dwarf_formstring(&found);
}
